/**
 * The record of client operations: who asked for what, when, and what was answered. Ordered by the position in
 * the history, not by microseconds: two events of one microsecond still have an order.
 */
import { assert } from "#engines/env/index.js";

/**
 * `open`: no answer yet. `ok`: it took effect. `failed`: it certainly did not and never will. `unknown`: it may
 * have, or may yet.
 */
export type OperationOutcome = "open" | "ok" | "failed" | "unknown";

export interface Operation<Input, Output> {
  /** Number of the operation in its history, from 0. */
  readonly id: number;
  readonly client: number;
  readonly input: Input;
  /** Position of the invocation among all invocations and answers. */
  readonly invokedAt: number;
  /** Position of the answer; undefined while open. */
  readonly answeredAt: number | undefined;
  readonly outcome: OperationOutcome;
  readonly output: Output | undefined;
  /** Why it failed or is unknown: an error's code. */
  readonly reason: string | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class History<Input, Output> {
  /** Called after each invocation and each answer. For whoever looks on. */
  onInvoked: ((operation: Operation<Input, Output>) => void) | undefined;
  onAnswered: ((operation: Operation<Input, Output>) => void) | undefined;
  readonly #operations: Mutable<Operation<Input, Output>>[] = [];
  #position = 0;

  /** All operations, in the order of their invocations. */
  get operations(): readonly Operation<Input, Output>[] {
    return this.#operations;
  }

  /** Notes that a client asked for something. A client has one operation open at a time. */
  invoke(client: number, input: Input): Operation<Input, Output> {
    const operation: Mutable<Operation<Input, Output>> = {
      id: this.#operations.length,
      client,
      input,
      invokedAt: this.#position++,
      answeredAt: undefined,
      outcome: "open",
      output: undefined,
      reason: undefined,
    };
    this.#operations.push(operation);
    this.onInvoked?.(operation);
    return operation;
  }

  ok(operation: Operation<Input, Output>, output: Output): void {
    this.#answer(operation, "ok", output, undefined);
  }

  /** Only for what certainly had no effect and never will. */
  failed(operation: Operation<Input, Output>, reason: string): void {
    this.#answer(operation, "failed", undefined, reason);
  }

  unknown(operation: Operation<Input, Output>, reason: string): void {
    this.#answer(operation, "unknown", undefined, reason);
  }

  /** Marks every open operation as unknown: whoever would have answered is gone. */
  loseOpen(reason: string): void {
    for (const operation of this.#operations) {
      if (operation.outcome === "open") this.unknown(operation, reason);
    }
  }

  #answer(
    given: Operation<Input, Output>,
    outcome: OperationOutcome,
    output: Output | undefined,
    reason: string | undefined,
  ): void {
    const operation = this.#operations[given.id];
    assert(operation === given, "the operation belongs to this history");
    assert(operation.outcome === "open", "an operation is answered once");
    operation.outcome = outcome;
    operation.output = output;
    operation.reason = reason;
    operation.answeredAt = this.#position++;
    this.onAnswered?.(operation);
  }
}
