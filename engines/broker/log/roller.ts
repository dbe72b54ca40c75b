import { assert, isDiskError, type Env, type File } from "../../env/index.js";
import type { BatchHeader } from "../record/index.js";
import type { Offset } from "../types.js";
import { replaceChecked, writeChecked } from "./checked-file.js";
import type { LogCore } from "./core.js";
import { flushNow } from "./flush.js";
import {
  INDEX_SUFFIX,
  LOG_SUFFIX,
  NEXT_SEGMENT,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  fileName,
  offsetsOf,
} from "./names.js";
import { RELATIVE_OFFSET_MAX, Segment } from "./segment.js";
import { SegmentIndex } from "./segment-index.js";

/**
 * Begins segments. An append can't wait for a file: so the next one is open already, under a name without an offset.
 * It gets its own name afterwards, before anything in it counts as flushed; recovery knows what to make of it if the
 * process dies in between.
 */
export class Roller {
  readonly #core: LogCore;
  #next: File | undefined;
  /** What the segment that is not named yet has cut off. */
  #rolled: { readonly sealed: Segment; readonly snapshot: Uint8Array } | undefined;

  constructor(core: LogCore, next: File) {
    this.#core = core;
    this.#next = next;
  }

  /** Begins a new segment where the batch does not go into this one. */
  rollFor(header: BatchHeader, sizeBytes: number): void {
    const { active, env } = this.#core;
    const isTooFar = header.lastOffset - active.baseOffset > RELATIVE_OFFSET_MAX;
    if (active.isEmpty) return;
    if (!this.#isDue(header, sizeBytes) && !isTooFar && !env.buggify("broker/roll-early")) return;
    if (this.#next !== undefined) this.#roll(this.#next);
    else assert(!isTooFar, "offsets don't run away while a file is opened");
  }

  /** Gives the newest segment its name, for good, and makes a file for the one that comes next. */
  async finish(): Promise<void> {
    const core = this.#core;
    while (this.#rolled !== undefined) {
      const { sealed, snapshot } = this.#rolled;
      const { baseOffset } = core.active;
      const { directory } = core.options;
      await core.env.disk.rename(core.path(NEXT_SEGMENT), core.path(fileName(baseOffset, LOG_SUFFIX)));
      await core.env.disk.syncDir(directory);
      await replaceChecked(core.env, directory, fileName(baseOffset, SNAPSHOT_SUFFIX), snapshot);
      await sweepSnapshots(core);
      await writeIndexes(core, sealed);
      this.#rolled = undefined;
      this.#next = await openNext(core.env, directory);
    }
  }

  async close(): Promise<void> {
    await this.#next?.close();
  }

  #isDue(header: BatchHeader, sizeBytes: number): boolean {
    const { active, options } = this.#core;
    if (active.sizeBytes + sizeBytes > options.segmentBytes) return true;
    return header.maxTimestampMs - active.index.firstTimestampMs > options.segmentMs;
  }

  #roll(file: File): void {
    const core = this.#core;
    assert(this.#rolled === undefined, "a segment has its name before the next begins");
    this.#rolled = { sealed: core.active, snapshot: core.producers.encode() };
    this.#next = undefined;
    core.segments.push(newSegment(core, file, core.logEndOffset));
    core.env.reached("broker/segment-rolled");
    void core.inBackground(core.syncing, async () => {
      await this.finish();
      await flushNow(core, this);
      await core.saveState({ recoveryPoint: core.recoveryPoint });
    });
  }
}

export function newSegment(core: LogCore, file: File, baseOffset: Offset): Segment {
  return new Segment(file, new SegmentIndex(baseOffset, core.options.indexIntervalBytes));
}

/** A file without anything in it, and without anything that ever was in it: bytes of another life must not shine through. */
export async function openNext(env: Env, directory: string): Promise<File> {
  const path = `${directory}/${NEXT_SEGMENT}`;
  try {
    await env.disk.remove(path);
    await env.disk.syncDir(directory);
  } catch (error) {
    if (!isDiskError(error, "ENOENT")) throw error;
  }
  return env.disk.open(path, "exclusive");
}

/** Not durable: what is lost is worked out again. */
export async function writeIndexes(core: LogCore, { baseOffset, index }: Segment): Promise<void> {
  await writeChecked(core.env, core.path(fileName(baseOffset, INDEX_SUFFIX)), index.encodeOffsets());
  await writeChecked(core.env, core.path(fileName(baseOffset, TIME_INDEX_SUFFIX)), index.encodeTimes());
}

/** Removes the snapshots that no segment begins with. */
async function sweepSnapshots(core: LogCore): Promise<void> {
  const bases = new Set(core.segments.map(({ baseOffset }) => baseOffset));
  for (const offset of offsetsOf(await core.env.disk.list(core.options.directory), SNAPSHOT_SUFFIX)) {
    if (!bases.has(offset)) await core.env.disk.remove(core.path(fileName(offset, SNAPSHOT_SUFFIX)));
  }
}
