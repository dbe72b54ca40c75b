import { writeFully } from "../../bytes/index.js";
import type { Env, File } from "../../env/index.js";
import { reached } from "../events.js";
import { withRoom } from "./room.js";
import { TRAILER_BYTES, sealBlock, type BlockType } from "./format.js";

/** Handed to the file in pieces of at least this size: few calls, and what is on the way stays small. */
const WRITE_BYTES = 64 * 1024;

/** What goes to a table's file, from its beginning to its end: blocks are made in its buffer. */
export class TableOutput {
  bytes: Uint8Array = new Uint8Array(WRITE_BYTES + 8 * 1024);
  /** Where in `bytes` the next thing goes. */
  end: number = 0;
  readonly #env: Env;
  readonly #file: File;
  readonly #tag: number;
  #writtenBytes = 0;

  constructor(env: Env, file: File, tag: number) {
    this.#env = env;
    this.#file = file;
    this.#tag = tag;
  }

  /** Of the file, where the next thing goes. */
  get offset(): number {
    return this.#writtenBytes + this.end;
  }

  /** The buffer, with room for so many more bytes; what stands in it may have moved to a larger one. */
  reserve(moreBytes: number): Uint8Array {
    if (this.end + moreBytes > this.bytes.length) {
      this.bytes = withRoom(this.bytes.subarray(0, this.end), this.end + moreBytes);
    }
    return this.bytes;
  }

  /** Makes all from `start` of the buffer on a block. Returns its size. May throw `DiskError`. */
  seal(start: number, type: BlockType): number {
    const bytes = this.reserve(TRAILER_BYTES);
    const place = { tag: this.#tag, offset: this.#writtenBytes + start };
    this.end = sealBlock(bytes, start, this.end, type, place);
    const sizeBytes = this.end - start;
    if (this.end >= WRITE_BYTES) this.flush();
    return sizeBytes;
  }

  /** Throws `DiskError`, and then a part may be in the file. */
  flush(): void {
    writeFully(this.#file, this.#writtenBytes, this.bytes.subarray(0, this.end), () =>
      reached(this.#env, "lsm/short-write-continued"),
    );
    this.#writtenBytes += this.end;
    this.end = 0;
  }
}
