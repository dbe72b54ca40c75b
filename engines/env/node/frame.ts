/**
 * What goes over a connection: frames, one after another, little-endian.
 *
 *     0        4        8        12
 *     +--------+--------+--------+------------------+
 *     | crc    | length | type   | body: length B   |
 *     +--------+--------+--------+------------------+
 *              |<---- CRC-32C covers all of this -->|
 *
 * `type` is the id of a `MessageType`, or `CONTROL_TYPE`: with a body it is the hello that opens a connection
 * (JSON, see `encodeHello`), without one a sign of life. A frame that is not intact says nothing about where
 * the next one begins, so the reader gives the connection up with it.
 */

import { crc32c } from "#engines/bytes/crc32c.js";
import { assert } from "../assert.js";
import { SeedstormError } from "../errors.js";

export const CONTROL_TYPE: number = 0xffffffff;
export const FRAME_HEADER_BYTES: number = 12;
/** A hello holds two names; whoever sends more before it has said who it is, is no peer. */
export const HELLO_MAX_BYTES: number = 4096;
const PROTOCOL_VERSION = 1;

export function encodeFrame(type: number, body: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  frame.writeUInt32LE(body.length, 4);
  frame.writeUInt32LE(type, 8);
  frame.set(body, FRAME_HEADER_BYTES);
  frame.writeUInt32LE(crc32c(frame, 4, frame.length), 0);
  return frame;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  /** The longest body taken; a longer one is refused before anything is kept for it. May be changed. */
  maxBodyBytes: number;
  #chunks: Uint8Array[] = [];
  #keptBytes = 0;
  /** Nothing can be done before so many bytes are there; joining chunks earlier would cost quadratic time. */
  #neededBytes: number = FRAME_HEADER_BYTES;

  constructor(maxBodyBytes: number) {
    this.maxBodyBytes = maxBodyBytes;
  }

  /**
   * Calls `onFrame` for each frame that `chunk` completes; the bodies are never written to again. Throws
   * `FRAME_TOO_LARGE` or `FRAME_CORRUPT` at the first bad one: then the reader is of no more use.
   */
  push(chunk: Uint8Array, onFrame: (type: number, body: Uint8Array) => void): void {
    this.#chunks.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes < this.#neededBytes) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    let needed = this.#frameBytes(view, at);
    while (bytes.length - at >= needed) {
      const frame = bytes.subarray(at, at + needed);
      if (crc32c(frame, 4, frame.length) !== view.getUint32(at, true))
        throw badFrame("FRAME_CORRUPT", needed);
      onFrame(view.getUint32(at + 8, true), frame.subarray(FRAME_HEADER_BYTES));
      at += needed;
      needed = this.#frameBytes(view, at);
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#keptBytes = bytes.length - at;
    this.#neededBytes = needed;
  }

  /** Size of the frame at `at`, or of a header where not even that is there. */
  #frameBytes(view: DataView, at: number): number {
    if (view.byteLength - at < FRAME_HEADER_BYTES) return FRAME_HEADER_BYTES;
    const bodyBytes = view.getUint32(at + 4, true);
    if (bodyBytes > this.maxBodyBytes) throw badFrame("FRAME_TOO_LARGE", bodyBytes);
    return FRAME_HEADER_BYTES + bodyBytes;
  }
}

/** Who speaks on a connection, and to whom it believes it speaks. */
export interface Hello {
  readonly from: string;
  readonly to: string;
}

/** JSON, so that a later version can say more. */
export function encodeHello(hello: Hello): Uint8Array {
  const text = JSON.stringify({ seedstorm: PROTOCOL_VERSION, from: hello.from, to: hello.to });
  const body = new TextEncoder().encode(text);
  assert(body.length <= HELLO_MAX_BYTES, "the names of two nodes fit into a hello");
  return encodeFrame(CONTROL_TYPE, body);
}

/** Undefined for anything that is not a hello of this protocol. */
export function decodeHello(type: number, body: Uint8Array): Hello | undefined {
  if (type !== CONTROL_TYPE) return undefined;
  let hello: unknown;
  try {
    hello = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  if (typeof hello !== "object" || hello === null) return undefined;
  const { seedstorm, from, to } = hello as Record<string, unknown>;
  if (seedstorm !== PROTOCOL_VERSION || typeof from !== "string" || typeof to !== "string") return undefined;
  return { from, to };
}

function badFrame(code: "FRAME_CORRUPT" | "FRAME_TOO_LARGE", sizeBytes: number): SeedstormError {
  return new SeedstormError(code, {
    expected: code === "FRAME_CORRUPT" ? "a matching CRC-32C" : "a body within the limit",
    found: code === "FRAME_CORRUPT" ? "another one" : `${sizeBytes} bytes`,
    where: "a frame from the network",
    todo: "check the sender's version and that both ends speak this protocol",
  });
}
