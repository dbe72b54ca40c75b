import { copyBytes, writeU32, writeVarint } from "../../bytes/index.js";
import type { Sequence } from "../../store/index.js";
import { PUT, type EntryKind } from "../cursor.js";
import { TRAILER_BYTES } from "./format.js";
import type { TableOutput } from "./table-output.js";

/** The integers before a key's suffix, at most: four varints. */
const MAX_HEADER_BYTES = 32;
/** The same of a short key, a value below 16 KiB and a sequence of up to 2^49: more than most take. */
const USUAL_HEADER_BYTES = 11;

/** Writes the content of one data block after the other, straight to the output. */
export class BlockBuilder {
  readonly #output: TableOutput;
  readonly #restartInterval: number;
  readonly #restarts: number[] = [];
  #start = 0;
  #sinceRestart = 0;

  constructor(output: TableOutput, restartInterval: number) {
    this.#output = output;
    this.#restartInterval = restartInterval;
  }

  get isEmpty(): boolean {
    return this.#restarts.length === 0;
  }

  /** What would still be written for the block if it were finished now: restart points and trailer. */
  get tailBytes(): number {
    return this.isEmpty ? 0 : 4 * this.#restarts.length + 4 + TRAILER_BYTES;
  }

  /** Of the block as it would be in the file now. */
  get sizeBytes(): number {
    return this.isEmpty ? 0 : this.#output.end - this.#start + this.tailBytes;
  }

  /** How long it would be with one more entry, about. */
  sizeWith(suffixBytes: number, valueBytes: number): number {
    return this.sizeBytes + USUAL_HEADER_BYTES + suffixBytes + valueBytes + 4;
  }

  /** `shared`: how much of the key the one before begins with, all of it. No value for a tombstone. */
  add(
    shared: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: Sequence,
    kind: EntryKind,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const output = this.#output;
    if (this.isEmpty) this.#start = output.end;
    const isRestart = this.isEmpty || this.#sinceRestart === this.#restartInterval;
    if (isRestart) {
      this.#restarts.push(output.end - this.#start);
      this.#sinceRestart = 0;
    }
    this.#sinceRestart++;
    const kept = isRestart ? 0 : shared;
    const valueLength = valueEnd - valueStart;
    const bytes = output.reserve(MAX_HEADER_BYTES + keyEnd - keyStart + valueLength);
    let at = writeVarint(bytes, output.end, kept);
    at = writeVarint(bytes, at, keyEnd - keyStart - kept);
    at = writeVarint(bytes, at, kind === PUT ? valueLength + 1 : 0);
    at = writeVarint(bytes, at, sequence);
    at = copyBytes(bytes, at, keyBytes, keyStart + kept, keyEnd);
    output.end = kind === PUT ? copyBytes(bytes, at, valueBytes, valueStart, valueEnd) : at;
  }

  /** Ends the block and seals it. Returns its size. */
  finish(): number {
    const output = this.#output;
    const bytes = output.reserve(4 * this.#restarts.length + 4);
    for (const restart of this.#restarts) {
      writeU32(bytes, output.end, restart);
      output.end += 4;
    }
    writeU32(bytes, output.end, this.#restarts.length);
    output.end += 4;
    this.#restarts.length = 0;
    return output.seal(this.#start, "data");
  }
}
