/**
 * A store that is right by construction: a list of writes, of which a prefix is durable. It tells an oracle what
 * it does, step by step, as drawn.
 */
import type { StoreBroken, StoreChange, StoreEntry, StoreOperation, StoreOracle } from "#sim/check/index.js";

export type ToyStep =
  /** A client asks for changes: keys, and whether each is put or deleted. */
  | {
      readonly kind: "send";
      readonly client: number;
      readonly keys: readonly number[];
      readonly puts: number;
    }
  /** The oldest, or the newest, of the writes that wait takes effect. */
  | { readonly kind: "commit"; readonly isNewest: boolean }
  | { readonly kind: "fail"; readonly client: number }
  | { readonly kind: "lose-sight"; readonly client: number }
  | { readonly kind: "answer"; readonly client: number }
  | { readonly kind: "get"; readonly client: number; readonly key: number }
  | {
      readonly kind: "scan";
      readonly client: number;
      readonly from: number;
      readonly count: number;
      readonly reverse: boolean;
    }
  | { readonly kind: "snapshot" }
  | { readonly kind: "get-at-snapshot"; readonly client: number; readonly key: number }
  | { readonly kind: "sync" }
  /** `more`: of the writes that wait, so many have taken effect. `keep`: how much of the rest survives, of 8. */
  | { readonly kind: "crash"; readonly power: boolean; readonly more: number; readonly keep: number };

interface ToyWrite {
  readonly operation: StoreOperation;
  readonly changes: readonly StoreChange[];
  sequence: number;
}

export const KEYS = 8;

export function keyOf(key: number): Uint8Array {
  return Uint8Array.from({ length: 1 + (key % 3) }, (_, i) => (i === 0 ? 0x61 + (key >> 1) : key));
}

/** The id, and two bytes of it. */
export function valueOf(id: number): Uint8Array {
  return new Uint8Array([id >> 8, id & 0xff, 7, 7]);
}

export function idOf(value: Uint8Array): number {
  return value.length < 2 ? -1 : value[0]! * 256 + value[1]!;
}

export class ToyStore {
  readonly #oracle: StoreOracle;
  /** Whether it shows and acknowledges only what is durable. */
  readonly #isDurable: boolean;
  readonly #log: ToyWrite[] = [];
  readonly #waiting: Map<number, ToyWrite> = new Map();
  readonly #unanswered: Map<number, ToyWrite> = new Map();
  /** Nobody knows whether they will have happened after a crash. */
  #lostFromSight: ToyWrite[] = [];
  #durable = 0;
  #snapshot = 0;
  #nextId = 1;

  constructor(oracle: StoreOracle, isDurable: boolean) {
    this.#oracle = oracle;
    this.#isDurable = isDurable;
  }

  step(step: ToyStep): StoreBroken | undefined {
    switch (step.kind) {
      case "send":
        this.#send(step.client, step.keys, step.puts);
        break;
      case "commit":
        this.#commit(step.isNewest);
        break;
      case "fail":
      case "lose-sight":
        this.#refuse(step.client, step.kind === "fail");
        break;
      case "answer":
        return this.#answer(step.client);
      case "get":
        return this.#get(step.client, step.key, this.#log.length, false);
      case "get-at-snapshot":
        return this.#get(step.client, step.key, this.#snapshot, true);
      case "scan":
        return this.#scan(step);
      case "snapshot":
        this.#snapshot = this.#log.length;
        return this.#shown();
      case "sync":
        this.#durable = this.#log.length;
        this.#oracle.durable(this.#durable);
        return undefined;
      case "crash":
        return this.#crash(step);
    }
    return undefined;
  }

  entries(sequence: number): StoreEntry[] {
    const state = new Map<number, StoreEntry>();
    for (const { changes } of this.#log.slice(0, sequence)) {
      for (const { key, value } of changes) {
        const number = Array.from({ length: KEYS }, (_, i) => i).find((i) => order(keyOf(i), key) === 0)!;
        if (value === undefined) state.delete(number);
        else state.set(number, { key, value });
      }
    }
    return [...state.values()];
  }

  #isBusy(client: number): boolean {
    return this.#waiting.has(client) || this.#unanswered.has(client);
  }

  #send(client: number, keys: readonly number[], puts: number): void {
    if (this.#isBusy(client)) return;
    const changes = keys.map((key, i) => ({
      key: keyOf(key),
      value: ((puts >> i) & 1) === 1 ? valueOf(this.#nextId++) : undefined,
    }));
    this.#waiting.set(client, { operation: this.#oracle.sent(client, changes), changes, sequence: 0 });
  }

  #commit(isNewest: boolean): void {
    const waiting = [...this.#waiting];
    const next = isNewest ? waiting.at(-1) : waiting[0];
    if (next === undefined) return;
    this.#waiting.delete(next[0]);
    this.#append(next[1]);
    this.#unanswered.set(next[0], next[1]);
    if (this.#isDurable) this.#durable = this.#log.length;
  }

  #append(write: ToyWrite): void {
    this.#log.push(write);
    write.sequence = this.#log.length;
  }

  #refuse(client: number, isFailed: boolean): void {
    const write = this.#waiting.get(client);
    if (write === undefined) return;
    this.#waiting.delete(client);
    if (isFailed) {
      this.#oracle.failed(write.operation, "FULL");
      return;
    }
    this.#oracle.unknown(write.operation, "IO");
    this.#lostFromSight.push(write);
  }

  #answer(client: number): StoreBroken | undefined {
    const write = this.#unanswered.get(client);
    if (write === undefined) return undefined;
    this.#unanswered.delete(client);
    return this.#oracle.acknowledged(write.operation, write.sequence, this.#isDurable);
  }

  #shown(): StoreBroken | undefined {
    return this.#oracle.shown(this.#log.length, this.#isDurable);
  }

  #get(client: number, key: number, sequence: number, isSnapshot: boolean): StoreBroken | undefined {
    if (this.#isBusy(client)) return undefined;
    const wrong = isSnapshot ? undefined : this.#shown();
    const operation = this.#oracle.asked(client, { kind: "get", key: keyOf(key), sequence, isSnapshot });
    const entry = this.entries(sequence).find((each) => order(each.key, keyOf(key)) === 0);
    return wrong ?? this.#oracle.got(operation, entry?.value);
  }

  #scan(step: Extract<ToyStep, { kind: "scan" }>): StoreBroken | undefined {
    if (this.#isBusy(step.client)) return undefined;
    const wrong = this.#shown();
    const { reverse } = step;
    const sequence = this.#log.length;
    const range = reverse ? { lt: keyOf(step.from), reverse } : { gte: keyOf(step.from), reverse };
    const query = { kind: "scan", range, sequence, isSnapshot: false } as const;
    const operation = this.#oracle.asked(step.client, query);
    const bound = keyOf(step.from);
    const found = this.entries(sequence)
      .filter(({ key }) => (reverse ? order(key, bound) < 0 : order(key, bound) >= 0))
      .toSorted((a, b) => (reverse ? order(b.key, a.key) : order(a.key, b.key)));
    return wrong ?? this.#oracle.scanned(operation, found.slice(0, step.count), step.count > found.length);
  }

  #crash({ power, more, keep }: Extract<ToyStep, { kind: "crash" }>): StoreBroken | undefined {
    const wrong = this.#oracle.stopped();
    const open = [...this.#waiting.values(), ...this.#lostFromSight];
    for (const write of open.slice(0, more)) this.#append(write);
    this.#waiting.clear();
    this.#lostFromSight = [];
    this.#unanswered.clear();
    if (power) this.#log.length = Math.max(this.#durable, Math.trunc((this.#log.length * keep) / 8));
    this.#durable = this.#log.length;
    this.#snapshot = this.#log.length;
    return wrong ?? this.#oracle.recovered(this.entries(this.#log.length), this.#log.length, !power);
  }
}

export function order(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
