import { readU32 } from "../../bytes/index.js";
import { StoreDamagedError, compareBytes, type Sequence } from "../../store/index.js";
import type { Found } from "../cursor.js";
import type { EntryReader } from "./entry-reader.js";
import { TRAILER_BYTES } from "./format.js";

/** A data block as it stands in the file, its CRC checked. Nobody changes it. */
export class DataBlock {
  readonly bytes: Uint8Array;
  /** Where the entries end and the restart points begin. */
  readonly entriesEnd: number;
  readonly restarts: number;
  readonly #path: string;
  readonly #offset: number;

  /** Throws STORE_DAMAGED where the restart points make no sense. `path` and `offset` say where the block stands. */
  constructor(bytes: Uint8Array, path: string, offset: number) {
    this.bytes = bytes;
    this.#path = path;
    this.#offset = offset;
    const countAt = bytes.length - TRAILER_BYTES - 4;
    this.restarts = countAt < 0 ? 0 : readU32(bytes, countAt);
    this.entriesEnd = countAt - 4 * this.restarts;
    if (this.restarts === 0 || this.entriesEnd <= 0 || this.restartAt(0) !== 0) throw this.damaged(0);
    for (let restart = 1; restart < this.restarts; restart++) {
      const at = this.restartAt(restart);
      if (at <= this.restartAt(restart - 1) || at >= this.entriesEnd) throw this.damaged(at);
    }
  }

  restartAt(restart: number): number {
    return readU32(this.bytes, this.entriesEnd + 4 * restart);
  }

  /** The end of the entries that begin at a restart point. */
  restartEnd(restart: number): number {
    return restart + 1 < this.restarts ? this.restartAt(restart + 1) : this.entriesEnd;
  }

  /** The last restart point whose entry is before (`key`, `sequence`) in internal order; else the first one. */
  lastRestartBefore(key: Uint8Array, sequence: Sequence, entry: EntryReader): number {
    const { bytes, entriesEnd } = this;
    let low = 0;
    let high = this.restarts - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const at = this.restartAt(middle);
      if (!entry.read(bytes, at, entriesEnd) || entry.shared !== 0) throw this.damaged(at);
      const order = compareBytes(bytes, entry.suffixStart, entry.valueStart, key, 0, key.length);
      if (order < 0 || (order === 0 && entry.sequence > sequence)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * The first entry of `key` that is not newer than `sequence`; undefined: none in this block.
   *
   * Keys are not put together for it. `matched` is how many bytes the entry before, which is below the key asked
   * for, has in common with it. An entry that shares more with the one before is below the key too; one that shares
   * less is above it; only one that shares just as much is compared. This needs `shared` to be as large as it can
   * be, which it is but for restart points.
   */
  get(key: Uint8Array, sequence: Sequence, entry: EntryReader): Found | undefined {
    const { bytes, entriesEnd } = this;
    const restart = this.lastRestartBefore(key, sequence, entry);
    let stop = this.restartEnd(restart);
    let matched = 0;
    for (let at = this.restartAt(restart); at < entriesEnd; at = entry.valueEnd) {
      if (at === stop) {
        stop = entriesEnd;
        matched = 0;
      }
      if (!entry.read(bytes, at, entriesEnd)) throw this.damaged(at);
      if (entry.shared < matched) return undefined;
      if (entry.shared > matched) continue;
      const suffixEnd = entry.valueStart;
      let suffixAt = entry.suffixStart;
      while (suffixAt < suffixEnd && matched < key.length && bytes[suffixAt] === key[matched]) {
        suffixAt++;
        matched++;
      }
      if (suffixAt < suffixEnd) {
        if (matched === key.length || bytes[suffixAt]! > key[matched]!) return undefined;
      } else if (matched === key.length && entry.sequence <= sequence) {
        const value = bytes.subarray(entry.valueStart, entry.valueEnd);
        return { kind: entry.kind, sequence: entry.sequence, value };
      }
    }
    return undefined;
  }

  /** The error for an entry at `at` that was never written so, though the CRC of the block is right. */
  damaged(at: number): StoreDamagedError {
    return new StoreDamagedError(
      this.#path,
      this.#offset,
      "a data block that makes sense",
      `nonsense at byte ${at} of it`,
    );
  }
}
