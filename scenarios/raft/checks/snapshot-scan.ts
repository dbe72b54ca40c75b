/** Reads a snapshot out of the bytes of its file, as engines/snapshot/FORMAT.md has it. */
import { decodeSnapshotHeader } from "#engines/raft/codec/index.js";
import type { LogPosition } from "#engines/raft/types.js";
import { FOOTER_BYTES, HEADER_BYTES, decodeBlock, decodeHeader } from "#engines/snapshot/format.js";

/** The place that the snapshot stands for; undefined where the file is not whole. */
export function scanSnapshot(bytes: Uint8Array): LogPosition | undefined {
  const header = decodeHeader(bytes.subarray(0, HEADER_BYTES));
  if ("bad" in header) return undefined;
  const endOffset = bytes.length;
  const footerOffset = endOffset - FOOTER_BYTES;
  const { identity } = header;
  let meta: LogPosition | undefined;
  let offset = HEADER_BYTES;
  while (offset < footerOffset) {
    const block = decodeBlock("chunk", bytes, offset, { offset, endOffset: footerOffset, identity });
    if (!("payload" in block)) return undefined;
    meta ??= decodeSnapshotHeader(block.payload).meta;
    offset += block.sizeBytes;
  }
  const footer = decodeBlock("footer", bytes, offset, { offset, endOffset, identity });
  return offset === footerOffset && "payload" in footer ? meta : undefined;
}
