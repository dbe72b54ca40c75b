/**
 * What the clients of a store will do in one run, drawn before it begins: operations are data, so that what one
 * of them is answered changes none of the others.
 */
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import { KEY_SHAPES, type KeyShape } from "./keys.js";

/** One change of a batch. `value` numbers the values of a run; -1 deletes. */
export interface PlannedChange {
  readonly key: number;
  readonly value: number;
  readonly sizeBytes: number;
}

export type PlannedRead =
  | { readonly kind: "get"; readonly key: number }
  | {
      readonly kind: "scan";
      /** Numbers of keys; -1: no bound. */
      readonly from: number;
      readonly to: number;
      readonly isFromOpen: boolean;
      readonly isToOpen: boolean;
      readonly isReverse: boolean;
      /** It ends after so many entries. */
      readonly limitCount: number;
      /** How long it rests at each entry, so that others write meanwhile. */
      readonly restUs: number;
      /** The key to go on from when it has ended; -1: none. */
      readonly seek: number;
    };

export type PlannedTask =
  /** `isBatch`: by `write`, where `put` or `delete` would do. */
  | { readonly kind: "write"; readonly changes: readonly PlannedChange[]; readonly isBatch: boolean }
  | PlannedRead
  /** Takes a snapshot and reads it, each time after a rest. */
  | {
      readonly kind: "snapshot";
      readonly reads: readonly { readonly restUs: number; readonly read: PlannedRead }[];
    }
  | { readonly kind: "flush" }
  | { readonly kind: "verify" };

export interface PlannedOperation {
  readonly client: number;
  /** How long the client thinks before it. */
  readonly thinkUs: number;
  readonly task: PlannedTask;
}

export interface Plan {
  readonly keys: { readonly count: number; readonly shape: KeyShape };
  /** By client. */
  readonly operations: readonly (readonly PlannedOperation[])[];
}

/** Counted up when the parts of a plan hold other values than before. */
export const STORE_PLAN_VERSION = 1;

const MAX_CLIENTS = 12;
/** How much of what changes is deleted, in a phase of the run. */
const DELETE_PERCENT = { growing: 8, sweeping: 100, mixed: 30 } as const;
type Phase = keyof typeof DELETE_PERCENT;

/** Draws a plan with so many operations, of which a repro may hold another version. */
export function drawPlan(run: Run, operations: number = run.integer("operations")): Plan {
  const stream = run.workload;
  const keys = { count: stream.between(50, 80), shape: stream.pick(KEY_SHAPES) };
  const clients = run.integer("clients") || stream.between(1, MAX_CLIENTS);
  const drawn = new Drawing(stream, keys.count, clients).operations(operations);
  const planned = run.planned("operations", drawn);
  const present = Math.max(0, ...planned.map(({ client }) => client + 1));
  return {
    keys: run.planned("keys", keys),
    operations: Array.from({ length: present }, (_, client) =>
      planned.filter((each) => each.client === client),
    ),
  };
}

class Drawing {
  readonly #stream: Stream;
  readonly #keys: number;
  readonly #clients: number;
  readonly #maxThinkUs: number;
  /** Keys that are asked for more often than the others, so that there are many versions of them. */
  readonly #hot: readonly number[];
  /** Values of one size, or of any: pages and blocks are then filled to the brim, or not. */
  readonly #oneSize: number | undefined;
  #phase: Phase = "growing";
  #phases = 0;
  #phaseLeft = 0;
  /** Where a sweep has come to. */
  #swept = 0;
  #value = 0;

  constructor(stream: Stream, keys: number, clients: number) {
    this.#stream = stream;
    this.#keys = keys;
    this.#clients = clients;
    this.#maxThinkUs = stream.pick([500, 2_000, 2_000, 40_000]);
    this.#hot = Array.from({ length: stream.between(1, 6) }, () => stream.below(keys));
    this.#oneSize = stream.below(6) === 0 ? stream.between(8, 120) : undefined;
  }

  operations(count: number): PlannedOperation[] {
    return Array.from({ length: count }, () => {
      this.#enterPhase();
      const client = this.#stream.below(this.#clients);
      const thinkUs = this.#stream.below(2) === 0 ? 0 : this.#stream.below(this.#maxThinkUs);
      return { client, thinkUs, task: this.#task() };
    });
  }

  /** Grows first, and is swept nearly empty then, so that every run has both. */
  #enterPhase(): void {
    if (this.#phaseLeft-- > 0) return;
    const drawn = this.#stream.pick<Phase>(["growing", "sweeping", "mixed", "mixed"]);
    this.#phase = (["growing", "sweeping"] as const)[this.#phases++] ?? drawn;
    this.#phaseLeft =
      this.#phase === "sweeping" ? Math.trunc(this.#keys * 1.2) : this.#stream.between(50, 90);
  }

  #task(): PlannedTask {
    const dice = this.#stream.below(100);
    if (dice < 56) return { kind: "write", changes: [this.#change()], isBatch: this.#stream.below(8) === 0 };
    if (dice < 70) return { kind: "write", changes: this.#changes(), isBatch: true };
    if (dice < 84) return this.#get();
    if (dice < 91) return this.#scan();
    if (dice < 97) return { kind: "snapshot", reads: this.#snapshotReads() };
    return dice < 99 ? { kind: "flush" } : { kind: "verify" };
  }

  #changes(): PlannedChange[] {
    return Array.from({ length: this.#stream.between(2, 6) }, () => this.#change());
  }

  #change(): PlannedChange {
    const isDelete = this.#stream.below(100) < DELETE_PERCENT[this.#phase];
    // One key after the other, up and later down: whole pages and blocks run empty.
    const key = this.#phase === "sweeping" && isDelete ? this.#sweptKey() : this.#key();
    return isDelete
      ? { key, value: -1, sizeBytes: 0 }
      : { key, value: this.#value++, sizeBytes: this.#size() };
  }

  #sweptKey(): number {
    const at = this.#swept++ % (2 * this.#keys);
    return at < this.#keys ? at : 2 * this.#keys - 1 - at;
  }

  #key(): number {
    return this.#stream.below(4) === 0 ? this.#stream.pick(this.#hot) : this.#stream.below(this.#keys);
  }

  /** From tiny to larger than any block, page or memtable. */
  #size(): number {
    const dice = this.#stream.below(100);
    if (dice >= 96) return this.#stream.between(700, 5_000);
    if (dice >= 84) return this.#stream.between(120, 700);
    if (this.#oneSize !== undefined) return this.#oneSize;
    return dice < 25 ? this.#stream.between(8, 20) : this.#stream.between(20, 120);
  }

  #read(): PlannedRead {
    return this.#stream.below(3) === 0 ? this.#scan() : this.#get();
  }

  #get(): PlannedRead {
    return { kind: "get", key: this.#key() };
  }

  #scan(): PlannedRead {
    const bound = (): number => (this.#stream.below(2) === 0 ? -1 : this.#stream.below(this.#keys));
    return {
      kind: "scan",
      from: bound(),
      to: bound(),
      isFromOpen: this.#stream.below(2) === 0,
      isToOpen: this.#stream.below(2) === 0,
      isReverse: this.#stream.below(2) === 0,
      limitCount: this.#stream.below(2) === 0 ? 1_000 : this.#stream.below(20),
      restUs: this.#stream.below(4) === 0 ? this.#stream.below(300) : 0,
      seek: this.#stream.below(4) === 0 ? this.#stream.below(this.#keys) : -1,
    };
  }

  #snapshotReads(): { readonly restUs: number; readonly read: PlannedRead }[] {
    return Array.from({ length: this.#stream.between(1, 5) }, () => ({
      restUs: this.#stream.below(2 * this.#maxThinkUs),
      read: this.#read(),
    }));
  }
}
