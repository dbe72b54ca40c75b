import { recordsOf } from "../../record/index.js";
import type { Offset } from "../../types.js";
import type { Segment } from "../segment.js";
import type { SeenTransactions } from "./transactions.js";

/** What a map entry takes beside the bytes of its key, about. Kafka keeps hashes of keys, in 24 bytes each. */
const ENTRY_BYTES = 64;

/** Where the last record of each key is, of a part of the log. */
export class OffsetMap {
  readonly #latest: Map<string, Offset> = new Map();
  #sizeBytes = 0;
  /** Behind the last batch that is in it. */
  endOffset: Offset;

  private constructor(endOffset: Offset) {
    this.endOffset = endOffset;
  }

  /** Of the batches of `segments` from `startOffset` on, until the map takes `maxBytes` or more. */
  static async build(
    segments: readonly Segment[],
    startOffset: Offset,
    maxBytes: number,
    transactions: SeenTransactions,
  ): Promise<OffsetMap> {
    const map = new OffsetMap(startOffset);
    for (const segment of segments) {
      if (segment.endOffset <= startOffset) continue;
      let isFull = false;
      await segment.walk(segment.index.floor(startOffset), ({ header, bytes }) => {
        if (header.lastOffset < startOffset) return true;
        isFull = map.#sizeBytes >= maxBytes;
        if (isFull) return false;
        // What was aborted never replaced anything.
        const isData = !header.isControl && !transactions.isAborted(header);
        for (const { key, offset } of isData ? recordsOf(bytes, 0) : []) {
          if (key !== null) map.#note(nameOf(key), offset);
        }
        map.endOffset = header.lastOffset + 1;
        return true;
      });
      if (isFull) break;
    }
    return map;
  }

  /** Whether a later record of the key is known. */
  supersedes(key: Uint8Array, offset: Offset): boolean {
    const latest = this.#latest.get(nameOf(key));
    return latest !== undefined && offset < latest;
  }

  #note(name: string, offset: Offset): void {
    if (!this.#latest.has(name)) this.#sizeBytes += name.length + ENTRY_BYTES;
    this.#latest.set(name, offset);
  }
}

/** One character a byte: no two keys have the same. */
function nameOf(key: Uint8Array): string {
  let name = "";
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}
