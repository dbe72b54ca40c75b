/** A table's rows in the chunks of a snapshot. Each chunk says how many of the same table follow it. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { encodeWith, readerOf, sizeWith } from "./bytes.js";
import { readEnd, readVersion } from "./version.js";

const VERSION = 1;
const CHUNK_BYTES = 32 * 1024;

/** At least one chunk, each of about 32 KiB; a large row makes a larger one. Equal rows give equal chunks. */
export function encodeTable<Row>(rows: Iterable<Row>, put: (sink: Sink, row: Row) => void): Uint8Array[] {
  const groups: Row[][] = [[]];
  let sizeBytes = 0;
  for (const row of rows) {
    if (sizeBytes >= CHUNK_BYTES) {
      groups.push([]);
      sizeBytes = 0;
    }
    groups.at(-1)!.push(row);
    sizeBytes += sizeWith(put, row);
  }
  return groups.map((group, i) =>
    encodeWith((sink: Sink, some: readonly Row[]) => {
      sink.integer(VERSION);
      sink.integer(groups.length - 1 - i);
      sink.integer(some.length);
      for (const row of some) put(sink, row);
    }, group),
  );
}

/**
 * Calls `read` for each row of the table that begins at chunk `from`, and gives the number of chunks that it
 * took; what is behind them is something else. Throws RAFT_BAD_FORMAT.
 */
export function decodeTable(
  chunks: readonly Uint8Array[],
  where: string,
  read: (reader: ByteReader) => void,
  from = 0,
): number {
  let expected = -1;
  for (let i = from; ; i++) {
    const reader = readerOf(chunks[i] ?? new Uint8Array(0), `chunk ${i} of ${where}`);
    const version = readVersion(reader);
    const following = reader.integer();
    if (i > from && following !== expected) reader.fail(`${expected} chunks to follow`, `${following}`);
    for (let rows = reader.integer(); rows > 0; rows--) read(reader);
    readEnd(reader, version, VERSION);
    if (following === 0) return i + 1 - from;
    expected = following - 1;
  }
}
