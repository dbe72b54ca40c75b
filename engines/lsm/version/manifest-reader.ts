/** Reading what an open finds: CURRENT, the manifest that it names, and the version that the manifest's edits make. */

import { readFully } from "../../bytes/index.js";
import { isDiskError, type Env } from "../../env/index.js";
import { StoreDamagedError, type Sequence } from "../../store/index.js";
import { CURRENT_NAME, manifestName } from "../names.js";
import { decodeEdit, type Pointer, type VersionEdit } from "./edit.js";
import { editLevels, editPointers, type HasMeta, type Levels } from "./levels.js";
import {
  CURRENT_BYTES,
  MANIFEST_HEADER_BYTES,
  decodeCurrent,
  decodeHeader,
  decodeRecord,
  hasRecordBehind,
  type Current,
} from "./manifest-format.js";

/** What a manifest says of the store's files. */
export interface Recorded {
  readonly levels: Levels<HasMeta>;
  readonly pointers: readonly Pointer[];
  readonly nextNumber: number;
  readonly logStart: Sequence;
}

export interface ManifestContent {
  readonly current: Current;
  readonly recorded: Recorded;
  /** Bytes behind the last edit: what a crash left of one that was being written. */
  readonly tornBytes: number;
}

/** Before the first edit. Sequences begin with 1, as LSNs do. */
export const NOTHING_RECORDED: Recorded = { levels: [[]], pointers: [], nextNumber: 1, logStart: 1 };

/** Throws `StoreDamagedError`, and the disk's errors that say nothing of the bytes. */
export async function readManifest(env: Env, directory: string): Promise<ManifestContent> {
  const currentPath = `${directory}/${CURRENT_NAME}`;
  const current = decodeCurrent(await readWhole(env, currentPath, CURRENT_BYTES + 1));
  if ("bad" in current) throw new StoreDamagedError(currentPath, 0, "the name of a manifest", current.bad);
  const path = `${directory}/${manifestName(current.number)}`;
  const bytes = await readWhole(env, path, Number.MAX_SAFE_INTEGER);
  const header = decodeHeader(bytes);
  if ("bad" in header) throw new StoreDamagedError(path, 0, "a manifest", header.bad);
  if (header.number !== current.number || header.tag !== current.tag) {
    throw new StoreDamagedError(path, 0, "the manifest that CURRENT names", `manifest ${header.number}`);
  }
  const { recorded, endOffset } = replay(bytes, path, current);
  return { current, recorded, tornBytes: bytes.length - endOffset };
}

function replay(
  bytes: Uint8Array,
  path: string,
  { tag, durableBytes }: Current,
): { readonly recorded: Recorded; readonly endOffset: number } {
  let recorded = NOTHING_RECORDED;
  let offset = MANIFEST_HEADER_BYTES;
  while (offset < bytes.length) {
    const record = decodeRecord(bytes, offset, tag);
    if ("bad" in record) {
      // Each edit is durable before the next one is written, so a crash can only cut off the last one.
      const isTail = offset >= durableBytes && !hasRecordBehind(bytes, offset, tag);
      if (isTail) break;
      throw new StoreDamagedError(path, offset, "an edit", record.bad);
    }
    const edit = decodeEdit(record.payload, (expected, found, where) => {
      return new StoreDamagedError(path, offset, `${expected} in ${where}`, found);
    });
    recorded = applied(recorded, edit, path, offset);
    offset += record.sizeBytes;
  }
  if (offset < durableBytes) {
    throw new StoreDamagedError(path, offset, `${durableBytes} bytes of edits`, "the end of the file");
  }
  return { recorded, endOffset: offset };
}

function applied(recorded: Recorded, edit: VersionEdit, path: string, offset: number): Recorded {
  const { nextNumber, logStart } = edit;
  if (nextNumber < recorded.nextNumber || logStart < recorded.logStart) {
    const found = `next number ${nextNumber} and log start ${logStart}`;
    const expected = `at least ${recorded.nextNumber} and ${recorded.logStart}`;
    throw new StoreDamagedError(path, offset, expected, found);
  }
  const added = edit.added.map(({ level, meta }) => ({ level, table: { meta } }));
  const levels = editLevels<HasMeta>(recorded.levels, edit, added);
  if ("rule" in levels)
    throw new StoreDamagedError(path, offset, "an edit that keeps the rules", levels.message);
  return { levels, pointers: editPointers(recorded.pointers, edit), nextNumber, logStart };
}

/** Up to `maxBytes` of a file. Where it is missing or can't be read, that is damage: something durable names it. */
async function readWhole(env: Env, path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await env.disk.open(path, "existing");
    try {
      return await readFully(file, 0, Math.min(file.size(), maxBytes));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isDiskError(error, "ENOENT")) throw new StoreDamagedError(path, 0, "a file", "none", error);
    if (isDiskError(error, "EIO")) {
      throw new StoreDamagedError(path, 0, "a file that can be read", "an I/O error", error);
    }
    throw error;
  }
}
