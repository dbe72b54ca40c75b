import { readFully, writeFully } from "../../../bytes/index.js";
import { assert, type Env, type File } from "../../../env/index.js";
import { damaged } from "../errors.js";
import { removeIndexes } from "../files.js";
import { LOG_SUFFIX, REWRITE_SUFFIX, fileName } from "../names.js";
import { Segment } from "../segment.js";
import type { LogOptions } from "../types.js";

const CHUNK_BYTES = 256 * 1024;

/** Replaces a segment's file by one with the same batches and nothing behind them, durable for certain. */
export async function rewriteSegment(env: Env, options: LogOptions, segment: Segment): Promise<Segment> {
  const { directory } = options;
  const temporary = `${directory}/${fileName(segment.baseOffset, REWRITE_SUFFIX)}`;
  const file = await env.disk.open(temporary, "exclusive");
  await copy(segment.file, file, segment.sizeBytes);
  await file.sync();
  await removeIndexes(env, directory, segment.baseOffset);
  await env.disk.syncDir(directory);
  await env.disk.rename(temporary, `${directory}/${fileName(segment.baseOffset, LOG_SUFFIX)}`);
  await env.disk.syncDir(directory);
  await segment.retire();
  return new Segment(file, segment.index);
}

async function copy(from: File, to: File, sizeBytes: number): Promise<void> {
  for (let at = 0; at < sizeBytes;) {
    const bytes = await readFully(from, at, Math.min(CHUNK_BYTES, sizeBytes - at));
    if (bytes.length === 0) throw damaged("a file that became shorter", from.path);
    writeFully(to, at, bytes, () => undefined);
    at += bytes.length;
  }
  assert(to.size() === sizeBytes, "the copy is as long as what was copied");
}
