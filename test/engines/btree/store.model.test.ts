// The whole store against a map, with thresholds so small that everything happens; operations shrink.
import * as fc from "fast-check";
import { test, expect } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { Range, Snapshot, WriteOperation } from "#engines/store/index.js";
import { MemoryDisk } from "../support/memory-env.js";
import { LiveEnv, TINY, entriesOf, hex, keyOf, problemsOf, valueOf } from "./support.js";

const KEYS = 40;

type Step =
  | { readonly kind: "put"; readonly key: number; readonly version: number }
  | { readonly kind: "delete"; readonly key: number }
  | { readonly kind: "batch"; readonly keys: readonly number[]; readonly version: number }
  | { readonly kind: "together"; readonly from: number; readonly count: number; readonly version: number }
  | { readonly kind: "get"; readonly key: number; readonly isSnapshot: boolean }
  | { readonly kind: "range"; readonly from: number; readonly to: number; readonly bits: number }
  | { readonly kind: "snapshot" | "release" | "flush" | "reopen" | "die" | "verify" };

type State = ReadonlyMap<number, number>;

const key = fc.nat(KEYS - 1);
const version = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), key, version }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("batch" as const),
      keys: fc.array(key, { minLength: 1, maxLength: 12 }),
      version,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("together" as const),
      from: key,
      count: fc.integer({ min: 2, max: 12 }),
      version,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("get" as const), key, isSnapshot: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("range" as const), from: key, to: key, bits: fc.nat(31) }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...(["snapshot", "release", "flush", "reopen", "die", "verify"] as const).map((kind) => ({ kind })),
    ),
  },
);

/** An odd key of a batch is deleted where the version is odd. */
function batchOf({ keys, version: at }: Extract<Step, { kind: "batch" }>): WriteOperation[] {
  return keys.map((each) =>
    each % 2 === 1 && at % 2 === 1
      ? { type: "delete", key: keyOf(each) }
      : { type: "put", key: keyOf(each), value: valueOf(each, at) },
  );
}

function textOf(state: State): string[] {
  return [...state].map(([each, at]) => `${hex(keyOf(each))}=${hex(valueOf(each, at))}`).sort();
}

class Rig {
  disk = new MemoryDisk();
  readonly options: BtreeOptions;
  store!: BtreeStore;
  env = new LiveEnv(this.disk);
  state: State = new Map();
  snapshot: { readonly snapshot: Snapshot; readonly state: State } | undefined;
  lives = 0;

  constructor(options: BtreeOptions, atOnceBytes: number) {
    this.options = options;
    this.disk.atOnceBytes = atOnceBytes;
  }

  async open(): Promise<void> {
    this.env = new LiveEnv(this.disk, ++this.lives);
    this.env.memory.buggified = (point) => (point.length + this.disk.calls.length) % 5 === 0;
    this.store = await BtreeStore.open(this.env, this.options);
  }

  async run(one: Step): Promise<void> {
    const { store } = this;
    switch (one.kind) {
      case "put":
        this.state = new Map(this.state).set(one.key, one.version);
        await store.put(keyOf(one.key), valueOf(one.key, one.version));
        break;
      case "delete":
        this.state = new Map([...this.state].filter(([each]) => each !== one.key));
        await store.delete(keyOf(one.key));
        break;
      case "batch":
        this.noteBatch(one);
        await store.write(batchOf(one));
        break;
      case "together":
        await this.together(one);
        break;
      case "get":
        await this.get(one.key, one.isSnapshot);
        break;
      case "range":
        await this.range(one);
        break;
      case "verify":
        expect(await problemsOf(store)).toEqual([]);
        break;
      case "snapshot":
      case "release":
      case "flush":
      case "reopen":
      case "die":
        await this.life(one.kind);
        break;
    }
  }

  noteBatch(batch: Extract<Step, { kind: "batch" }>): void {
    const state = new Map(this.state);
    for (const each of batch.keys) {
      if (each % 2 === 1 && batch.version % 2 === 1) state.delete(each);
      else state.set(each, batch.version);
    }
    this.state = state;
  }

  async together({ from, count, version: at }: Extract<Step, { kind: "together" }>): Promise<void> {
    const state = new Map(this.state);
    const writes: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const each = (from + i) % KEYS;
      state.set(each, at);
      writes.push(this.store.put(keyOf(each), valueOf(each, at)));
    }
    this.state = state;
    const sequences = await Promise.all(writes);
    expect(sequences).toEqual(sequences.map((_, i) => sequences[0]! + i));
  }

  async get(each: number, isSnapshot: boolean): Promise<void> {
    const held = isSnapshot ? this.snapshot : undefined;
    const found = await this.store.get(keyOf(each), held === undefined ? {} : { snapshot: held.snapshot });
    const at = (held?.state ?? this.state).get(each);
    expect(found === undefined ? undefined : hex(found)).toBe(
      at === undefined ? undefined : hex(valueOf(each, at)),
    );
  }

  async range({ from, to, bits }: Extract<Step, { kind: "range" }>): Promise<void> {
    const [low, high] = from < to ? [from, to] : [to, from];
    const held = (bits & 1) !== 0 ? this.snapshot : undefined;
    const range: Range = {
      ...(held === undefined ? {} : { snapshot: held.snapshot }),
      ...((bits & 2) === 0 ? { gte: keyOf(low) } : { gt: keyOf(low) }),
      ...((bits & 4) === 0 ? { lte: keyOf(high) } : { lt: keyOf(high) }),
      reverse: (bits & 8) !== 0,
    };
    const kept = new Map(
      [...(held?.state ?? this.state)].filter(
        ([each]) =>
          ((bits & 2) === 0 ? each >= low : each > low) && ((bits & 4) === 0 ? each <= high : each < high),
      ),
    );
    const expected = textOf(kept);
    if ((bits & 8) !== 0) expected.reverse();
    expect(await entriesOf(this.store, range)).toEqual(expected);
  }

  async life(kind: "snapshot" | "release" | "flush" | "reopen" | "die"): Promise<void> {
    if (kind === "flush") {
      await this.store.flush();
      return;
    }
    if (kind !== "snapshot") {
      this.snapshot?.snapshot.close();
      this.snapshot = undefined;
    }
    if (kind === "snapshot") {
      this.snapshot ??= { snapshot: this.store.snapshot(), state: this.state };
    } else if (kind === "reopen") {
      await this.store.close();
      expect(this.env.timers).toBe(0);
      await this.open();
    } else if (kind === "die") {
      // What it had under way goes on, on a disk that nobody sees any more.
      const { atOnceBytes } = this.disk;
      this.disk = this.disk.copy();
      this.disk.atOnceBytes = atOnceBytes;
      await this.open();
    }
  }

  async check(): Promise<void> {
    const expected = textOf(this.state);
    expect(await entriesOf(this.store)).toEqual(expected);
    expect(await entriesOf(this.store, { reverse: true })).toEqual(expected.reverse());
    if (this.snapshot !== undefined) {
      const { snapshot, state } = this.snapshot;
      expect(await entriesOf(this.store, { snapshot })).toEqual(textOf(state));
    }
  }
}

const KINDS: readonly (readonly [string, BtreeOptions, number])[] = [
  ["and everything at once", TINY, Number.MAX_SAFE_INTEGER],
  ["an LRU pool, and short reads and writes", { ...TINY, eviction: "lru" }, 200],
];

test.each(KINDS)(
  "the store gives what was put into it, with a tiny pool, %s",
  async (_, options, atOnceBytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: "max" }), async (steps) => {
        const rig = new Rig(options, atOnceBytes);
        await rig.open();
        for (const one of steps) await rig.run(one);
        await rig.check();
        expect(await problemsOf(rig.store)).toEqual([]);
        await rig.store.close();
      }),
      { seed: 3, numRuns: 40 },
    );
  },
);
