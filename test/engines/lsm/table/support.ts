import * as fc from "fast-check";
import type { EntryKind, Cursor } from "#engines/lsm/cursor.js";
import { PUT, TOMBSTONE } from "#engines/lsm/cursor.js";
import {
  BlockCache,
  Table,
  TableBuilder,
  tableOptionsOf,
  type TableOptions,
  type TableProperties,
} from "#engines/lsm/table/index.js";
import { compareKeys } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv } from "../../support/memory-env.js";

export interface Entry {
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly value: Uint8Array;
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function put(key: string, sequence: number, value: string): Entry {
  return { key: ascii(key), sequence, kind: PUT, value: ascii(value) };
}

export function tombstone(key: string, sequence: number): Entry {
  return { key: ascii(key), sequence, kind: TOMBSTONE, value: new Uint8Array(0) };
}

/** Internal order: the key up, the sequence down. */
export function compareEntries(
  a: { readonly key: Uint8Array; readonly sequence: number },
  b: { readonly key: Uint8Array; readonly sequence: number },
): number {
  return compareKeys(a.key, b.key) || b.sequence - a.sequence;
}

/** Keys over few letters, so that they share beginnings, are prefixes of each other, and have 0xff at their ends. */
export const anyKey: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(fc.constantFrom(0, 1, 0x61, 0x62, 0xfe, 0xff), { maxLength: 5 }),
    fc.constantFrom(0, 0, 0, 0, 0, 0, 130, 300),
  )
  .map(([letters, padding]) => Uint8Array.from([...Array.from({ length: padding }, () => 0x70), ...letters]));

const anySequence = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0x4000_0000 }) },
  { weight: 1, arbitrary: fc.nat(52).map((bits) => 2 ** bits) },
  { weight: 1, arbitrary: fc.integer({ min: Number.MAX_SAFE_INTEGER - 3, max: Number.MAX_SAFE_INTEGER }) },
);

const anyValue = fc
  .tuple(fc.nat(255), fc.constantFrom(0, 1, 5, 20, 126, 127, 128, 400))
  .map(([byte, length]) => new Uint8Array(length).fill(byte));

/** Sorted, none twice, at least one. Several versions of many keys. */
export function anyEntries(maxLength: number): fc.Arbitrary<Entry[]> {
  return fc
    .array(
      fc.record({
        key: anyKey,
        sequence: anySequence,
        kind: fc.constantFrom<EntryKind>(PUT, PUT, PUT, TOMBSTONE),
        value: anyValue,
      }),
      { minLength: 1, maxLength },
    )
    .map((entries) =>
      entries
        .map((entry) => (entry.kind === PUT ? entry : { ...entry, value: new Uint8Array(0) }))
        .sort(compareEntries)
        .filter((entry, at, all) => at === 0 || compareEntries(all[at - 1]!, entry) < 0),
    );
}

export const anyOptions: fc.Arbitrary<TableOptions> = fc.record({
  blockBytes: fc.constantFrom(64, 100, 300, 4096),
  restartInterval: fc.constantFrom(1, 2, 3, 16),
  bloomBitsPerKey: fc.constantFrom(0, 1, 10),
});

/** A place in internal order: that of an entry, or next to it, or any other. */
export function anyPlace(entries: readonly Entry[]): fc.Arbitrary<{ key: Uint8Array; sequence: number }> {
  const near = fc.tuple(fc.nat(entries.length - 1), fc.integer({ min: -1, max: 1 })).map(([at, step]) => ({
    key: entries[at]!.key,
    sequence: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, entries[at]!.sequence + step)),
  }));
  return fc.oneof(near, fc.record({ key: anyKey, sequence: anySequence }));
}

export async function writeTable(
  env: MemoryEnv,
  path: string,
  number: number,
  entries: Iterable<Entry>,
  options: Partial<TableOptions> = {},
): Promise<TableProperties> {
  const file = await env.disk.open(path, "exclusive");
  const builder = new TableBuilder(env, file, number, tableOptionsOf(options));
  for (const { key, sequence, kind, value } of entries) {
    builder.add(key, 0, key.length, sequence, kind, value, 0, value.length);
  }
  const properties = builder.finish();
  await file.close();
  return properties;
}

/** The entries as table 1 in `1.sst` of a new disk, open. */
export async function tableOf(
  entries: Iterable<Entry>,
  options: Partial<TableOptions> = {},
  cache: BlockCache = new BlockCache(1 << 20),
): Promise<{ table: Table; cache: BlockCache; env: MemoryEnv; disk: MemoryDisk }> {
  const env = new MemoryEnv();
  await writeTable(env, "1.sst", 1, entries, options);
  return { table: await Table.open(env, "1.sst", 1, cache), cache, env, disk: env.disk };
}

/** What the cursor stands on, copied; undefined where on nothing. */
export function present(cursor: Cursor): Entry | undefined {
  if (!cursor.isValid) return undefined;
  return {
    key: cursor.keyBytes.slice(cursor.keyStart, cursor.keyEnd),
    sequence: cursor.sequence,
    kind: cursor.kind,
    value: cursor.valueBytes.slice(cursor.valueStart, cursor.valueEnd),
  };
}

export async function walk(cursor: Cursor): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (await cursor.first(); cursor.isValid; await cursor.next()) entries.push(present(cursor)!);
  return entries;
}

export async function walkBack(cursor: Cursor): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (await cursor.last(); cursor.isValid; await cursor.previous()) entries.push(present(cursor)!);
  return entries;
}

/** What a look-up has to find. */
export function newestOf(entries: readonly Entry[], key: Uint8Array, sequence: number): Entry | undefined {
  return entries.find((entry) => compareKeys(entry.key, key) === 0 && entry.sequence <= sequence);
}

/** Many entries with several versions of each key, and values that differ. */
export function* manyEntries(keys: number): Generator<Entry> {
  for (let i = 0; i < keys; i++) {
    const key = `key-${String(i).padStart(6, "0")}`;
    for (let version = 1 + (i % 3); version >= 1; version--) {
      yield i % 7 === 3 && version === 1
        ? tombstone(key, version)
        : put(key, i * 3 + version, `value ${i} ${version}`);
    }
  }
}
