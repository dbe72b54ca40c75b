import type { ByteReader, Sink } from "../../bytes/index.js";
import { compareKeys, type Sequence } from "../../store/index.js";
import type { TableProperties } from "../table/properties.js";

/** What the manifest says of a table, so that a file that is not the one it means is refused. */
export interface TableMeta {
  /** As in its name; no two tables of a store ever have the same. */
  readonly number: number;
  readonly fileBytes: number;
  readonly tag: number;
  readonly smallestSequence: Sequence;
  readonly largestSequence: Sequence;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
}

export function metaOf(number: number, properties: TableProperties): TableMeta {
  const { fileBytes, tag, smallestSequence, largestSequence, smallestKey, largestKey } = properties;
  return { number, fileBytes, tag, smallestSequence, largestSequence, smallestKey, largestKey };
}

/** Whether both mean the same file. */
export function isSameTable(a: TableMeta, b: TableMeta): boolean {
  return (
    a.number === b.number &&
    a.fileBytes === b.fileBytes &&
    a.tag === b.tag &&
    a.smallestSequence === b.smallestSequence &&
    a.largestSequence === b.largestSequence &&
    compareKeys(a.smallestKey, b.smallestKey) === 0 &&
    compareKeys(a.largestKey, b.largestKey) === 0
  );
}

export function putMeta(sink: Sink, meta: TableMeta): void {
  sink.integer(meta.number);
  sink.integer(meta.fileBytes);
  sink.integer(meta.tag);
  sink.integer(meta.smallestSequence);
  sink.integer(meta.largestSequence);
  sink.bytes(meta.smallestKey);
  sink.bytes(meta.largestKey);
}

export function readMeta(reader: ByteReader): TableMeta {
  return {
    number: reader.integer(),
    fileBytes: reader.integer(),
    tag: reader.integer(),
    smallestSequence: reader.integer(),
    largestSequence: reader.integer(),
    smallestKey: reader.bytes().slice(),
    largestKey: reader.bytes().slice(),
  };
}
