/** One snapshot's file: writing it whole, reading it checked. */

import { readFully, writeFully } from "../bytes/index.js";
import { isDiskError, type Env, type File } from "../env/index.js";
import { SnapshotDamagedError, badArgument } from "./errors.js";
import type { SnapshotMark } from "./events.js";
import {
  FOOTER_BYTES,
  HEADER_BYTES,
  MAX_CHUNK_BYTES,
  decodeBlock,
  decodeFooter,
  decodeHeader,
  encodeBlock,
  encodeFooter,
  encodeHeader,
  newIdentity,
  type Footer,
  type Header,
} from "./format.js";

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export function reached(env: Env, mark: SnapshotMark): void {
  env.reached(mark);
}

/** Writes a whole snapshot into an empty file, and makes nothing durable. Throws also what `chunks` throws. */
export async function writeSnapshot(env: Env, file: File, lsn: number, chunks: Chunks): Promise<Footer> {
  const identity = newIdentity(env.random);
  let offset = 0;
  const put = (bytes: Uint8Array): void => {
    writeFully(file, offset, bytes, () => reached(env, "snapshot/short-write-continued"));
    offset += bytes.length;
  };
  put(encodeHeader({ lsn, identity }));
  let count = 0;
  let payloadBytes = 0;
  for await (const chunk of chunks) {
    if (chunk.length > MAX_CHUNK_BYTES) {
      throw badArgument(`chunks of up to ${MAX_CHUNK_BYTES} bytes`, `one of ${chunk.length}`, file.path);
    }
    put(encodeBlock("chunk", chunk, offset, identity));
    count++;
    payloadBytes += chunk.length;
  }
  const footer = { lsn, chunks: count, payloadBytes };
  put(encodeBlock("footer", encodeFooter(footer), offset, identity));
  return footer;
}

/** A snapshot's file whose header and footer have been checked. */
export interface OpenSnapshot {
  readonly path: string;
  readonly file: File;
  readonly header: Header;
  readonly footer: Footer;
  readonly footerOffset: number;
}

/** Opens the snapshot of this LSN. Throws SNAPSHOT_DAMAGED, and what `Disk.open` throws. The caller closes the file. */
export async function openSnapshot(env: Env, path: string, lsn: number): Promise<OpenSnapshot> {
  const file = await env.disk.open(path, "existing");
  try {
    return await checkEnds(file, path, lsn);
  } catch (error) {
    await file.close();
    throw isDiskError(error) ? new SnapshotDamagedError(path, 0, "ends that can't be read", error) : error;
  }
}

async function checkEnds(file: File, path: string, lsn: number): Promise<OpenSnapshot> {
  const header = decodeHeader(await readFully(file, 0, HEADER_BYTES));
  if ("bad" in header) throw new SnapshotDamagedError(path, 0, header.bad);
  if (header.lsn !== lsn) throw new SnapshotDamagedError(path, 0, `the snapshot of LSN ${header.lsn}`);
  const endOffset = file.size();
  const footerOffset = endOffset - FOOTER_BYTES;
  if (footerOffset < HEADER_BYTES) throw new SnapshotDamagedError(path, endOffset, "the end of the file");
  const bytes = await readFully(file, footerOffset, FOOTER_BYTES);
  const block = decodeBlock("footer", bytes, 0, {
    offset: footerOffset,
    endOffset,
    identity: header.identity,
  });
  if (!("payload" in block)) {
    throw new SnapshotDamagedError(path, footerOffset, "bad" in block ? block.bad : "a file that ends early");
  }
  const footer = decodeFooter(block.payload);
  if ("bad" in footer) throw new SnapshotDamagedError(path, footerOffset, footer.bad);
  return { path, file, header, footer, footerOffset };
}

/**
 * The chunks that were saved, one by one, each checked before it is served; at the end, that they were all.
 * Throws SNAPSHOT_DAMAGED.
 */
export async function* readChunks(
  snapshot: OpenSnapshot,
  readBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const { path, footer, footerOffset } = snapshot;
  let offset = HEADER_BYTES;
  let chunks = 0;
  let payloadBytes = 0;
  while (offset < footerOffset) {
    for (const { payload, sizeBytes } of await readBlocks(snapshot, offset, readBytes)) {
      chunks++;
      payloadBytes += payload.length;
      offset += sizeBytes;
      yield payload;
    }
  }
  if (chunks !== footer.chunks || payloadBytes !== footer.payloadBytes) {
    const found = `${chunks} chunks of ${payloadBytes} bytes, not ${footer.chunks} of ${footer.payloadBytes}`;
    throw new SnapshotDamagedError(path, footerOffset, found);
  }
}

interface Block {
  readonly payload: Uint8Array;
  readonly sizeBytes: number;
}

/** At least one block from `offset` on, and no more than `readBytes` unless the first one is longer. */
async function readBlocks(
  snapshot: OpenSnapshot,
  offset: number,
  readBytes: number,
): Promise<readonly Block[]> {
  const { path, file, header, footerOffset } = snapshot;
  let wanted = readBytes;
  for (;;) {
    const bytes = await readPart(snapshot, offset, Math.min(wanted, footerOffset - offset));
    const blocks: Block[] = [];
    let at = 0;
    let found;
    while (offset + at < footerOffset) {
      const place = { offset: offset + at, endOffset: footerOffset, identity: header.identity };
      found = decodeBlock("chunk", bytes, at, place);
      if (!("payload" in found)) break;
      blocks.push(found);
      at += found.sizeBytes;
    }
    if (blocks.length > 0) return blocks;
    if (found === undefined || !("needBytes" in found) || found.needBytes <= wanted) {
      const bad = found !== undefined && "bad" in found ? found.bad : `a file of ${file.size()} bytes`;
      throw new SnapshotDamagedError(path, offset, bad);
    }
    wanted = found.needBytes;
  }
}

async function readPart({ path, file }: OpenSnapshot, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await readFully(file, offset, length);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new SnapshotDamagedError(path, offset, "a place that can't be read", error);
  }
}
