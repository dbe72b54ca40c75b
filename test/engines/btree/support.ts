import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { Clock, Disk, Env, Network, Observation, Timer } from "#engines/env/index.js";
import { StoreError, type KeyValueStore, type Range, type WriteOperation } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv } from "../support/memory-env.js";

type Random = Env["random"];

/** So small that splits, merges, evictions and checkpoints happen all the time. */
export const TINY: BtreeOptions = {
  directory: "db",
  pageBytes: 512,
  poolBytes: 16 * 512,
  checkpointBytes: 2048,
  snapshotBytes: 1 << 20,
  wal: { segmentBytes: 4096 },
};

/** Without checkpoints but those that are asked for. */
export const UNHURRIED: BtreeOptions = { ...TINY, checkpointBytes: 1 << 30 };

export function keyOf(i: number): Uint8Array {
  return new TextEncoder().encode(`key ${String(i).padStart(4, "0")}`);
}

/** A value that no other (key, version) has. Every thirteenth needs overflow pages. */
export function valueOf(i: number, version: number): Uint8Array {
  const length = (i + version) % 13 === 0 ? 700 + (i % 5) * 150 : 6 + ((i * 7 + version) % 60);
  return Uint8Array.from({ length }, (_, at) => (i * 31 + version * 17 + at) & 0xff);
}

/** Batches that fill a tree, change it and empty it again; the same ones for the same numbers. */
export function batches(count: number, keys: number): WriteOperation[][] {
  return Array.from({ length: count }, (_, round) => {
    const size = 1 + ((round * 5) % 4);
    return Array.from({ length: size }, (_each, at): WriteOperation => {
      const i = (round * 37 + at * 11 + (round % 7) * at) % keys;
      const isDelete = round > count / 2 && (round + at) % 3 !== 0;
      return isDelete
        ? { type: "delete", key: keyOf(i) }
        : { type: "put", key: keyOf(i), value: valueOf(i, round) };
    });
  });
}

/** `key=value` in hexadecimal, in the order of the keys. */
export type Entries = string[];

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** What a store holds after the first `count` of these batches. */
export function entriesAfter(all: readonly (readonly WriteOperation[])[], count: number): Entries {
  const map = new Map<string, string>();
  for (const operation of all.slice(0, count).flat()) {
    if (operation.type === "put") map.set(hex(operation.key), hex(operation.value));
    else map.delete(hex(operation.key));
  }
  return [...map].map(([key, value]) => `${key}=${value}`).sort();
}

export async function entriesOf(store: KeyValueStore, range?: Range): Promise<Entries> {
  const found: Entries = [];
  const iterator = store.iterate(range);
  while (await iterator.next()) found.push(`${hex(iterator.key)}=${hex(iterator.value)}`);
  iterator.close();
  return found;
}

/** The rules that `verify` finds broken. */
export async function problemsOf(store: BtreeStore): Promise<string[]> {
  return (await store.verify()).problems.map(({ rule, where, message }) => `${rule} ${where}: ${message}`);
}

export function isStoreError(error: unknown, code: string): boolean {
  return error instanceof StoreError && error.code === code;
}

/** A memory environment whose time passes by itself: who sleeps goes on after all that is awake. */
export class LiveEnv implements Env {
  readonly memory: MemoryEnv;
  readonly node = "n1";
  readonly disk: Disk;
  readonly network: Network;
  readonly random: Random;
  readonly clock: Clock;
  /** Timers that were set and have not fired. */
  timers = 0;
  #nowUs = 0;

  constructor(disk: MemoryDisk = new MemoryDisk(), seed = 1) {
    this.memory = new MemoryEnv(disk, seed);
    this.disk = disk;
    this.network = this.memory.network;
    this.random = this.memory.random;
    const setTimer = (durationUs: number, callback: () => void): Timer => {
      let isOver = false;
      this.timers++;
      const end = (): boolean => {
        if (isOver) return false;
        this.timers--;
        isOver = true;
        return true;
      };
      setImmediate(() => {
        if (!end()) return;
        this.#nowUs += durationUs;
        callback();
      });
      return { cancel: () => void end() };
    };
    this.clock = {
      nowUs: () => this.#nowUs,
      wallUs: () => this.#nowUs,
      sleep: (durationUs) => new Promise((resolve) => void setTimer(durationUs, resolve)),
      setTimer,
    };
  }

  get events(): readonly Observation[] {
    return this.memory.events;
  }

  get marks(): ReadonlySet<string> {
    return this.memory.marks;
  }

  log(): void {}

  observe(event: Observation): void {
    this.memory.observe(event);
  }

  reached(mark: string): void {
    this.memory.reached(mark);
  }

  buggify(point: string): boolean {
    return this.memory.buggified(point);
  }
}

export async function fill(store: BtreeStore, all: readonly (readonly WriteOperation[])[]): Promise<void> {
  for (const batch of all) await store.write(batch);
}
