import { WalDamagedError } from "./errors.js";
import { observe, type Context } from "./files.js";
import { pushRecords, type Lsn } from "./format.js";
import type { Log } from "./log.js";
import type { Segment } from "./segment.js";
import type { Position } from "./sparse-index.js";

/** A page: reading less costs the same. */
const SMALLEST_READ_BYTES = 4096;

/** Records that follow each other. */
export interface WalChunk {
  /** The LSN of `records[0]`; the others follow. */
  readonly firstLsn: Lsn;
  /** At least one. Views of one buffer that the log does not use again. */
  readonly records: readonly Uint8Array[];
}

/** Serves records, each out of a batch whose CRC it has just checked. Reads go on beside the writer. */
export class Reader {
  readonly #context: Context;
  readonly #log: Log;

  constructor(context: Context, log: Log) {
    this.#context = context;
    this.#log = log;
  }

  /** See `Wal.read`. */
  async read(lsn: Lsn): Promise<Uint8Array> {
    const segment = this.#log.segmentOf(lsn);
    const chunkBytes = Math.max(SMALLEST_READ_BYTES, this.#context.settings.indexEveryBytes);
    const { batch, bytes } = await this.#guard(segment, () => segment.find(lsn, chunkBytes));
    const records: Uint8Array[] = [];
    pushRecords(bytes, batch, lsn, lsn, records);
    return records[0]!.slice();
  }

  /** See `Wal.scan`. */
  async *scan(fromLsn: Lsn): AsyncGenerator<WalChunk, void, void> {
    const { lastLsn: endLsn, lastNumber } = this.#log;
    let lsn = fromLsn;
    let segment: Segment | undefined;
    let at: Position = { offset: 0, lsn: 0 };
    // The log may be cut meanwhile, at either end.
    while (lsn <= Math.min(endLsn, this.#log.lastLsn) && this.#log.restartNumber <= lastNumber) {
      const holder = this.#log.segmentOf(lsn);
      // A cut went below this record, and an append has its LSN again: that is another history.
      if (holder.header.number > lastNumber) return;
      if (holder !== segment) [segment, at] = [holder, holder.near(lsn)];
      const chunk = await this.#guard(holder, () => holder.read(at, this.#context.settings.readChunkBytes));
      at = chunk.next;
      const records: Uint8Array[] = [];
      const untilLsn = Math.min(endLsn, holder.lastLsn);
      for (const batch of chunk.batches) {
        if (batch.lastLsn >= lsn) pushRecords(chunk.bytes, batch, lsn, untilLsn, records);
      }
      if (records.length === 0) continue;
      const firstLsn = lsn;
      lsn += records.length;
      yield { firstLsn, records };
    }
  }

  /** Keeps the segment's file open meanwhile, and reports damage. */
  async #guard<T>(segment: Segment, read: () => Promise<T>): Promise<T> {
    try {
      return await segment.hold(read);
    } catch (error) {
      if (error instanceof WalDamagedError) {
        const { segment: path, offset, lsn } = error;
        const { directory } = this.#context.settings;
        observe(this.#context.env, { kind: "wal/damage", directory, segment: path, offset, lsn });
      }
      throw error;
    }
  }
}
