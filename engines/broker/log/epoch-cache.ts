import { encodeWith, type ByteReader, type Sink } from "../../bytes/index.js";
import { assert, type Env } from "../../env/index.js";
import { NO_EPOCH, type EpochEnd, type LeaderEpoch, type Offset } from "../types.js";
import { decodeChecked, readChecked, replaceChecked, unreadable } from "./checked-file.js";
import { EPOCH_FILE } from "./names.js";

const VERSION = 1;

export interface EpochStart {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

/**
 * Where each leader's epoch begins (KIP-101), in memory; epochs and offsets ascend. Behind a gap that compaction left, an
 * epoch is taken to begin where the batch before the gap ends: what stood in the gap may have been of it. Should it not,
 * a replica is cut back further than it had to be, and fetches again what is left. The other way round it would keep
 * what no leader has.
 */
export class EpochCache {
  #entries: EpochStart[];
  /** Changes with the entries: what has been saved is told by it. */
  #version = 0;

  constructor(entries: readonly EpochStart[] = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  get version(): number {
    return this.#version;
  }

  get lastEpoch(): LeaderEpoch {
    return this.#entries.at(-1)?.epoch ?? NO_EPOCH;
  }

  /** Notes that what is at `startOffset` and behind it is of `epoch`. Entries that contradict it go. */
  assign(epoch: LeaderEpoch, startOffset: Offset): void {
    assert(epoch >= 0 && startOffset >= 0, "epochs and offsets count from 0");
    const last = this.#entries.at(-1);
    if (last?.epoch === epoch && last.startOffset <= startOffset) return;
    this.#entries = this.#entries.filter((each) => each.epoch <= epoch && each.startOffset < startOffset);
    if (this.lastEpoch !== epoch) this.#entries.push({ epoch, startOffset });
    this.#version++;
  }

  /** The epoch of what is at `offset`. */
  epochAt(offset: Offset): LeaderEpoch {
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at]!;
      if (entry.startOffset <= offset) return entry.epoch;
    }
    return NO_EPOCH;
  }

  /** See `PartitionLog.endOffsetForEpoch`. */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): EpochEnd {
    const above = this.#entries.find((each) => each.epoch > epoch);
    const known = this.#entries.findLast((each) => each.epoch <= epoch);
    if (known === undefined) return { epoch: NO_EPOCH, endOffset: above?.startOffset ?? 0 };
    return { epoch: known.epoch, endOffset: above?.startOffset ?? logEndOffset };
  }

  /** Forgets what begins at `endOffset` or behind it, though the log may end there already (KAFKA-10706). */
  cutEnd(endOffset: Offset): void {
    this.#keep(this.#entries.filter((each) => each.startOffset < endOffset));
  }

  /** Forgets what lies below `startOffset`; the epoch that holds it begins there now. */
  cutStart(startOffset: Offset): void {
    const first = this.#entries.findLast((each) => each.startOffset <= startOffset);
    if (first === undefined || first.startOffset === startOffset) {
      return this.#keep(this.#entries.filter((each) => each.startOffset >= startOffset));
    }
    const rest = this.#entries.filter((each) => each.startOffset > startOffset);
    this.#entries = [{ epoch: first.epoch, startOffset }, ...rest];
    this.#version++;
  }

  clear(): void {
    this.#keep([]);
  }

  #keep(entries: EpochStart[]): void {
    if (entries.length === this.#entries.length) return;
    this.#entries = entries;
    this.#version++;
  }
}

/** Undefined where there is none that can be believed: then the batches have to be asked. */
export async function readEpochs(env: Env, directory: string): Promise<EpochCache | undefined> {
  const content = await readChecked(env, `${directory}/${EPOCH_FILE}`);
  const entries = decodeChecked(content, EPOCH_FILE, getEntries);
  return entries === undefined ? undefined : new EpochCache(entries);
}

/** Durable once it resolves. */
export function writeEpochs(env: Env, directory: string, entries: readonly EpochStart[]): Promise<void> {
  return replaceChecked(env, directory, EPOCH_FILE, encodeWith(putEntries, entries, unreadable));
}

function putEntries(sink: Sink, entries: readonly EpochStart[]): void {
  sink.integer(VERSION);
  sink.integer(entries.length);
  for (const { epoch, startOffset } of entries) {
    sink.integer(epoch);
    sink.integer(startOffset);
  }
}

function getEntries(reader: ByteReader): EpochStart[] {
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  const entries: EpochStart[] = [];
  for (let left = reader.integer(); left > 0; left--) {
    entries.push({ epoch: reader.integer(), startOffset: reader.integer() });
  }
  return entries;
}
