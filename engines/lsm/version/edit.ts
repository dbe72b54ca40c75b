import { ByteReader, encodeWith, type MakeError, type Sink } from "../../bytes/index.js";
import { badArgument, type Sequence } from "../../store/index.js";
import { putMeta, readMeta, type TableMeta } from "./meta.js";

export interface PlacedTable {
  readonly level: number;
  readonly meta: TableMeta;
}

/** Where the next compaction of a level begins: behind this key. */
export interface Pointer {
  readonly level: number;
  readonly key: Uint8Array;
}

/** A change of the store's files. A manifest is a log of them. */
export interface VersionEdit {
  /** Numbers from this one on are free. */
  readonly nextNumber: number;
  /** The first record of the log that may be in no table. */
  readonly logStart: Sequence;
  readonly removed: readonly { readonly level: number; readonly number: number }[];
  readonly added: readonly PlacedTable[];
  readonly pointers: readonly Pointer[];
}

export function encodeEdit(edit: VersionEdit): Uint8Array {
  return encodeWith(putEdit, edit, badArgument);
}

/** Throws `badFormat`'s error for what `encodeEdit` never writes. */
export function decodeEdit(payload: Uint8Array, badFormat: MakeError): VersionEdit {
  const reader = new ByteReader(payload, "an edit", badFormat);
  const [nextNumber, logStart] = [reader.integer(), reader.integer()];
  const removed: { level: number; number: number }[] = [];
  const added: PlacedTable[] = [];
  const pointers: Pointer[] = [];
  // Nothing is allocated for the counts: what they promise has to be there.
  for (let left = reader.integer(); left > 0; left--) {
    removed.push({ level: reader.byte(), number: reader.integer() });
  }
  for (let left = reader.integer(); left > 0; left--) {
    added.push({ level: reader.byte(), meta: readMeta(reader) });
  }
  for (let left = reader.integer(); left > 0; left--) {
    pointers.push({ level: reader.byte(), key: reader.bytes().slice() });
  }
  reader.end();
  return { nextNumber, logStart, removed, added, pointers };
}

function putEdit(sink: Sink, edit: VersionEdit): void {
  sink.integer(edit.nextNumber);
  sink.integer(edit.logStart);
  sink.integer(edit.removed.length);
  for (const { level, number } of edit.removed) {
    sink.byte(level);
    sink.integer(number);
  }
  sink.integer(edit.added.length);
  for (const { level, meta } of edit.added) {
    sink.byte(level);
    putMeta(sink, meta);
  }
  sink.integer(edit.pointers.length);
  for (const { level, key } of edit.pointers) {
    sink.byte(level);
    sink.bytes(key);
  }
}
