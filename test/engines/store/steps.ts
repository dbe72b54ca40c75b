/** Operations on a store as data, and what a store answers to them, as data too. */
import * as fc from "fast-check";
import type { KeyValueStore, Range, Snapshot, StoreIterator, WriteOperation } from "#engines/store/index.js";

export type Step =
  | { readonly kind: "write"; readonly changes: readonly Change[] }
  /** Several that run together. */
  | { readonly kind: "writes"; readonly batches: readonly (readonly Change[])[] }
  | { readonly kind: "get"; readonly key: number; readonly isSnapshot: boolean }
  | { readonly kind: "scan"; readonly scan: Scan }
  /** Walks on with the iterator that was begun last, so many entries. */
  | { readonly kind: "walk"; readonly count: number; readonly seek: number }
  | { readonly kind: "begin"; readonly scan: Scan }
  | { readonly kind: "snapshot" }
  | { readonly kind: "flush" }
  | { readonly kind: "verify" }
  | { readonly kind: "reopen" };

interface Change {
  readonly key: number;
  /** Negative: it is deleted. */
  readonly sizeBytes: number;
}

interface Scan {
  readonly from: number;
  readonly to: number;
  readonly isFromOpen: boolean;
  readonly isToOpen: boolean;
  readonly reverse: boolean;
  readonly isSnapshot: boolean;
}

/** Sequences, values, entries: whatever two stores have to agree about. */
export type Answers = readonly (readonly (string | number | boolean)[])[];

const KEYS = 40;

const key = fc.integer({ min: 0, max: KEYS - 1 });
const size = fc.oneof(
  { weight: 3, arbitrary: fc.constant(-1) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 80 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
);
const change = fc.record({ key, sizeBytes: size });
const batch = fc.array(change, { minLength: 1, maxLength: 6 });
const scan = fc.record({
  from: fc.integer({ min: -8, max: KEYS - 1 }),
  to: fc.integer({ min: -8, max: KEYS - 1 }),
  isFromOpen: fc.boolean(),
  isToOpen: fc.boolean(),
  reverse: fc.boolean(),
  isSnapshot: fc.boolean(),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), changes: batch }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("writes" as const),
      batches: fc.array(batch, { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("get" as const), key, isSnapshot: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("scan" as const), scan }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("begin" as const), scan }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("walk" as const),
      count: fc.integer({ min: 1, max: 12 }),
      seek: fc.integer({ min: -40, max: KEYS - 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("snapshot" as const, "flush" as const, "verify" as const, "reopen" as const),
    }),
  },
);

export function drawnSteps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength, size: "max" });
}

/** What the store that `open` gives answers, through all of its lives. */
export async function answersOf(
  steps: readonly Step[],
  open: () => Promise<KeyValueStore>,
): Promise<Answers> {
  const walk = new Performer(await open(), open);
  const answers: (readonly (string | number | boolean)[])[] = [];
  for (const each of steps) answers.push(await walk.step(each));
  answers.push(
    await walk.step({ kind: "reopen" }),
    await walk.step({ kind: "verify" }),
    await walk.everything(),
  );
  await walk.end();
  return answers;
}

class Performer {
  readonly #open: () => Promise<KeyValueStore>;
  #store: KeyValueStore;
  #snapshot: Snapshot | undefined;
  #iterator: StoreIterator | undefined;
  #values = 0;

  constructor(store: KeyValueStore, open: () => Promise<KeyValueStore>) {
    this.#store = store;
    this.#open = open;
  }

  async step(of: Step): Promise<readonly (string | number | boolean)[]> {
    const store = this.#store;
    switch (of.kind) {
      case "write":
        return [await store.write(this.#batch(of.changes))];
      case "writes":
        return Promise.all(of.batches.map((each) => store.write(this.#batch(each))));
      case "get":
        return [textOf(await store.get(keyOf(of.key), this.#view(of.isSnapshot)))];
      case "scan":
        return this.#scan(store.iterate(this.#range(of.scan)));
      case "begin":
        this.#iterator?.close();
        this.#iterator = store.iterate(this.#range(of.scan));
        break;
      case "walk":
        return this.#walk(of.count, of.seek);
      case "snapshot":
        this.#snapshot?.close();
        this.#snapshot = store.snapshot();
        return [this.#snapshot.sequence];
      case "flush":
        await store.flush();
        break;
      case "verify":
        return this.#verify();
      case "reopen":
        await this.end();
        this.#store = await this.#open();
        break;
    }
    return [];
  }

  everything(): Promise<readonly (string | number | boolean)[]> {
    return this.#scan(this.#store.iterate());
  }

  async end(): Promise<void> {
    this.#iterator?.close();
    this.#iterator = undefined;
    this.#snapshot?.close();
    this.#snapshot = undefined;
    await this.#store.close();
  }

  async #walk(count: number, seek: number): Promise<readonly (string | number | boolean)[]> {
    const iterator = this.#iterator;
    if (iterator === undefined) return [];
    if (seek >= 0) iterator.seek(keyOf(seek));
    const found: string[] = [];
    while (found.length < count && (await iterator.next()))
      found.push(textOf(iterator.key), textOf(iterator.value));
    return found;
  }

  async #scan(iterator: StoreIterator): Promise<readonly (string | number | boolean)[]> {
    const found: string[] = [];
    while (await iterator.next()) found.push(textOf(iterator.key), textOf(iterator.value));
    iterator.close();
    return found;
  }

  async #verify(): Promise<readonly (string | number | boolean)[]> {
    const { problems, entries } = await this.#store.verify();
    return [entries, ...problems.map(({ rule, where, message }) => `${rule} ${where} ${message}`)];
  }

  #view(isSnapshot: boolean): { readonly snapshot?: Snapshot } {
    return isSnapshot && this.#snapshot !== undefined ? { snapshot: this.#snapshot } : {};
  }

  #range({ from, to, isFromOpen, isToOpen, reverse, isSnapshot }: Scan): Range {
    const lower = from < 0 ? {} : isFromOpen ? { gt: keyOf(from) } : { gte: keyOf(from) };
    const upper = to < 0 ? {} : isToOpen ? { lt: keyOf(to) } : { lte: keyOf(to) };
    return { ...lower, ...upper, reverse, ...this.#view(isSnapshot) };
  }

  #batch(changes: readonly Change[]): WriteOperation[] {
    return changes.map(({ key: index, sizeBytes }) => {
      if (sizeBytes < 0) return { type: "delete", key: keyOf(index) };
      const id = this.#values++;
      const value = Uint8Array.from({ length: sizeBytes }, (_, at) => (id * 31 + at * 7) & 0xff);
      return { type: "put", key: keyOf(index), value };
    });
  }
}

/** Keys of several lengths, among them the empty one and prefixes of others. */
function keyOf(index: number): Uint8Array {
  return Uint8Array.from({ length: index % 6 }, (_, at) =>
    at === (index % 6) - 1 ? index * 6 : (index >> 3) * 50,
  );
}

/** Short where it can be: what differs shows in its length, its first bytes or its sum. */
function textOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "absent";
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return `${bytes.length}:${bytes.slice(0, 6).join(".")}:${sum}`;
}
