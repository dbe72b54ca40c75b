/**
 * A message as bytes on the wire, for its size and its checksum: framed as `engines/env/node/frame.ts` does it
 * for real connections.
 */
import { crc32c, readU32, writeU32 } from "#engines/bytes/index.js";

export const FRAME_HEADER_BYTES = 12;
/** The checksum covers all that follows it. */
const CHECKED_FROM = 4;

export function frameOf(typeId: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  writeU32(frame, 4, body.length);
  writeU32(frame, 8, typeId);
  frame.set(body, FRAME_HEADER_BYTES);
  writeU32(frame, 0, crc32c(frame, CHECKED_FROM, frame.length));
  return frame;
}

/** Whether a receiver takes these bytes for what was sent. */
export function isIntact(frame: Uint8Array): boolean {
  return crc32c(frame, CHECKED_FROM, frame.length) === readU32(frame, 0);
}
