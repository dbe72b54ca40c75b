/**
 * Client operations as they are carried out: each is noted in the history when it begins and when it ends, and
 * every value that is served is held to be made of what somebody wrote to that key.
 */
import { unreachable } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import { decodeResult, encodeCommand, encodeQuery, type KeyValueResult } from "#engines/raft/kv/index.js";
import type { RaftClient } from "#engines/raft/service/index.js";
import { History, type OperationOutcome } from "#sim/check/index.js";
import type { KeyValueInput, KeyValueOperation, ValueOutput } from "#sim/check/linearizability/index.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { tokensOf } from "./tokens.js";
import type { PlannedOperation } from "./workload.js";

/** Who carries an operation out. */
export interface Caller {
  /** In the history. */
  readonly client: number;
  readonly self: Incarnation;
  readonly raft: RaftClient;
}

export class Operations {
  readonly history: History<KeyValueInput, ValueOutput> = new History();
  /** Ids of the reads in the history that rely on clocks. */
  readonly leaseReads: Set<number> = new Set();
  readonly #run: Run;
  /** By key: the tokens that somebody asked to be written there. */
  readonly #written: Map<string, Set<string>> = new Map();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Carries the operation out; resolves once it is answered, or its time has run out. */
  async perform(
    caller: Caller,
    { input, consistency }: Pick<PlannedOperation, "input" | "consistency">,
    timeoutUs: number,
  ): Promise<OperationOutcome> {
    // What a stale read may give is any older state, which no order of the operations is held to.
    const isRecorded = input.op !== "get" || consistency !== "stale";
    const operation = isRecorded ? this.history.invoke(caller.client, input) : undefined;
    if (operation?.input.op === "get" && consistency === "lease") this.leaseReads.add(operation.id);
    this.#run.count("operations");
    this.#noteWritten(input);
    let outcome: OperationOutcome = "ok";
    try {
      const bytes =
        input.op === "get"
          ? await caller.raft.query(encodeQuery(input), consistency, { timeoutUs })
          : await caller.raft.execute(encodeWrite(input), { timeoutUs });
      // An answer to a dead process reached nobody.
      caller.self.enter();
      const output = this.#outputOf(input, decodeResult(bytes));
      if (operation !== undefined) this.history.ok(operation, output);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      caller.self.enter();
      ({ outcome } = error);
      if (operation !== undefined) this.history[error.outcome](operation, error.code);
    }
    this.#run.count(outcome);
    return outcome;
  }

  /** The process of this client died: what it had asked for may have happened, or may yet. */
  lose(client: number): void {
    for (const operation of this.open(client)) {
      this.history.unknown(operation, "CRASHED");
      this.#run.count("unknown");
    }
  }

  /** Operations without an answer, of one client or of all. */
  open(client?: number): readonly KeyValueOperation[] {
    return this.history.operations.filter(
      (operation) => operation.outcome === "open" && (client === undefined || operation.client === client),
    );
  }

  #noteWritten(input: KeyValueInput): void {
    const value = writtenBy(input);
    if (value === undefined) return;
    const written = this.#written.get(input.key);
    if (written === undefined) this.#written.set(input.key, new Set([value]));
    else written.add(value);
  }

  #outputOf(input: KeyValueInput, result: KeyValueResult): ValueOutput {
    switch (result.kind) {
      case "ok":
        return undefined;
      case "matched":
        return true;
      case "mismatch":
        this.#checkWritten(input.key, result.value);
        return false;
      case "deleted":
        return result.existed;
      case "value":
        this.#checkWritten(input.key, result.value);
        return result.value;
      case "badCommand":
      case "tooLarge":
        this.#run.world.fail("raft/command-not-understood", `${input.op} of ${input.key}`);
        return undefined;
      default:
        return unreachable(result);
    }
  }

  #checkWritten(key: string, value: string | null): void {
    if (value === null) return;
    const written = this.#written.get(key);
    const stranger = (tokensOf(value) ?? [value]).find((token) => written?.has(token) !== true);
    if (stranger === undefined) return;
    this.#run.world.fail(
      "raft/never-written",
      `${key} was read with ${JSON.stringify(stranger.slice(0, 80))}, which nobody wrote there`,
    );
  }
}

/** The token that the operation would leave in its key. */
function writtenBy(input: KeyValueInput): string | undefined {
  if (input.op === "get" || input.op === "delete") return undefined;
  return String(input.op === "cas" ? input.to : input.value);
}

function encodeWrite(input: Exclude<KeyValueInput, { readonly op: "get" }>): Uint8Array {
  const { op, key } = input;
  if (op === "delete") return encodeCommand({ op, key });
  if (op !== "cas") return encodeCommand({ op, key, value: String(input.value) });
  return encodeCommand({
    op,
    key,
    from: input.from === null ? null : String(input.from),
    to: String(input.to),
  });
}
