/**
 * Small random histories: clients of a real object, some of whose answers are then made wrong. The object is
 * asked by its own words and not by a model, so that a mistake in a model shows.
 */
import type { Operation, OperationOutcome } from "#sim/check/history.js";
import {
  MISMATCH,
  type KeyValueInput,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";

export type Draw = (below: number) => number;

/** Numbers from a seed (mulberry32). */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}

export type KeyValueHistory = Operation<KeyValueInput, ValueOutput>[];
type Word = KeyValueInput["op"];

/** What a history is made of. */
export interface Mix {
  readonly clients: number;
  readonly operations: number;
  /** Written values are drawn from so many; each is written once where it is 0. */
  readonly values: number;
  readonly words: readonly Word[];
  /** Of 100 operations, how many never get an answer. */
  readonly unansweredPercent: number;
  /** Of 100 operations that are answered, how many fail without an effect. */
  readonly refusedPercent: number;
  /** Answers that are made wrong. */
  readonly lies: number;
}

export function drawMix(draw: Draw): Mix {
  const words: Word[] = ["get", "put"];
  for (const word of ["cas", "delete", "append"] as const) if (draw(3) === 0) words.push(word);
  if (draw(2) === 0) words.push("get");
  return {
    clients: 2 + draw(3),
    operations: 3 + draw(7),
    values: draw(2) === 0 ? 0 : 1 + draw(3),
    words,
    unansweredPercent: [0, 0, 10, 30][draw(4)]!,
    refusedPercent: draw(3) === 0 ? 10 : 0,
    lies: draw(2) === 0 ? 0 : 1 + draw(2),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Asked = Mutable<KeyValueHistory[number]>;

/** What the object answers, and the value that it holds from then on. */
function serve(input: KeyValueInput, value: Value): { output: ValueOutput; next: Value } {
  if (input.op === "get") return { output: value, next: value };
  if (input.op === "put") return { output: undefined, next: input.value };
  if (input.op === "append") return { output: undefined, next: `${value ?? ""}${input.value}` };
  if (input.op === "delete") return { output: value !== null, next: null };
  return value === input.from ? { output: true, next: input.to } : { output: false, next: value };
}

/** One run of clients against one object. */
class Run {
  readonly #draw: Draw;
  readonly #mix: Mix;
  readonly #history: Asked[] = [];
  readonly #written: Value[] = [null];
  /** By client: what it waits for, and whether the object has seen it. */
  readonly #busy = new Map<number, { asked: Asked; seen: boolean; refused: boolean }>();
  /** Given up by their clients, not yet seen by the object. */
  readonly #late: KeyValueInput[] = [];
  #value: Value = null;
  #position = 0;

  constructor(draw: Draw, mix: Mix) {
    this.#draw = draw;
    this.#mix = mix;
  }

  play(): KeyValueHistory {
    const { clients, operations, lies } = this.#mix;
    while (this.#history.length < operations || this.#busy.size > 0) {
      const client = this.#draw(clients);
      const busy = this.#busy.get(client);
      if (this.#late.length > 0 && this.#draw(4) === 0) this.#serve(this.#late.shift()!);
      if (busy !== undefined && !busy.seen && !busy.refused && this.#draw(2) === 0) {
        busy.asked.output = this.#serve(busy.asked.input);
        busy.seen = true;
      } else if (busy !== undefined) {
        this.#answer(busy);
        this.#busy.delete(client);
      } else if (this.#history.length < operations) {
        this.#ask(client);
      }
    }
    for (let i = 0; i < lies; i++) this.#lie();
    return this.#history;
  }

  #serve(input: KeyValueInput): ValueOutput {
    const { output, next } = serve(input, this.#value);
    this.#value = next;
    return output;
  }

  #ask(client: number): void {
    const id = this.#history.length;
    const asked: Asked = {
      id,
      client,
      input: this.#input(id),
      invokedAt: this.#position++,
      answeredAt: undefined,
      outcome: "open",
      output: undefined,
      reason: undefined,
    };
    this.#history.push(asked);
    const refused = this.#draw(100) < this.#mix.refusedPercent;
    this.#busy.set(client, { asked, seen: false, refused });
  }

  #input(id: number): KeyValueInput {
    const { words, values } = this.#mix;
    const op = words[this.#draw(words.length)]!;
    if (op === "get" || op === "delete") return { op, key: "k" };
    const fresh = values === 0 ? `${id}.` : `${this.#draw(values)}.`;
    const from = this.#written[this.#draw(this.#written.length)]!;
    this.#written.push(fresh);
    return op === "cas" ? { op, key: "k", from, to: fresh } : { op, key: "k", value: fresh };
  }

  #answer({ asked, seen, refused }: { asked: Asked; seen: boolean; refused: boolean }): void {
    const draw = this.#draw;
    if (draw(100) < this.#mix.unansweredPercent) {
      asked.output = undefined;
      if (!seen && draw(3) > 0) this.#late.push(asked.input);
      if (draw(2) === 0) this.#close(asked, "unknown", "timeout");
      return;
    }
    if (refused) {
      this.#close(asked, "failed", "refused");
      return;
    }
    if (!seen) asked.output = this.#serve(asked.input);
    if (asked.input.op === "delete" && draw(2) === 0) asked.output = undefined;
    if (asked.input.op === "cas" && asked.output === false && draw(2) === 0) {
      asked.output = undefined;
      this.#close(asked, "failed", MISMATCH);
    } else {
      this.#close(asked, "ok");
    }
  }

  #close(asked: Asked, outcome: OperationOutcome, reason?: string): void {
    asked.outcome = outcome;
    asked.answeredAt = this.#position++;
    asked.reason = reason;
  }

  #lie(): void {
    const told = this.#history.filter(({ outcome, output }) => outcome === "ok" && output !== undefined);
    if (told.length === 0) return;
    const asked = told[this.#draw(told.length)]!;
    const lie = this.#written[this.#draw(this.#written.length)]!;
    asked.output = typeof asked.output === "boolean" ? !asked.output : lie;
  }
}

export function randomHistory(draw: Draw, mix: Mix): KeyValueHistory {
  return new Run(draw, mix).play();
}
