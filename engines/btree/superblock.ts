/** The two superblocks at the file's beginning. FORMAT.md has the picture; this is the only code that knows it. */
import { crc32c, readFully, readU32, readU64, writeU32, writeU64 } from "../bytes/index.js";
import { isDiskError, type File } from "../env/index.js";
import type { Lsn } from "../wal/index.js";
import { MAX_PAGE_BYTES, MIN_PAGE_BYTES } from "./page/index.js";

export const SUPERBLOCK_SLOTS = 2;
const SUPERBLOCK_BYTES = 48;

const MAGIC = 0x45525442; // "BTRE"
const FORMAT_VERSION = 1;

/** What a store has to know before it can read anything else. */
export interface Superblock {
  readonly pageBytes: number;
  /** The file's random identity: in the checksum of each of its pages. Never 0. */
  readonly tag: number;
  /** Grows with each superblock that is written: the higher one of the two counts. */
  readonly counter: number;
  /** The pages hold every change below it; the log is needed from here on. */
  readonly checkpointLsn: Lsn;
  /** No page had a change above it when this was written; so the log reached at least so far. */
  readonly loggedLsn: Lsn;
}

/** The superblock as it stands in this slot: the other slot's bytes don't pass for it. */
export function encodeSuperblock(superblock: Superblock, slot: number): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  writeU32(bytes, 4, MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, superblock.pageBytes);
  writeU32(bytes, 16, superblock.tag);
  writeU64(bytes, 24, superblock.counter);
  writeU64(bytes, 32, superblock.checkpointLsn);
  writeU64(bytes, 40, superblock.loggedLsn);
  writeU32(bytes, 0, checksum(bytes, slot));
  return bytes;
}

/** Undefined for bytes that `encodeSuperblock` never gives for this slot. */
function decodeSuperblock(bytes: Uint8Array, slot: number): Superblock | undefined {
  if (bytes.length < SUPERBLOCK_BYTES || readU32(bytes, 0) !== checksum(bytes, slot)) return undefined;
  const superblock = {
    pageBytes: readU32(bytes, 12),
    tag: readU32(bytes, 16),
    counter: readU64(bytes, 24),
    checkpointLsn: readU64(bytes, 32),
    loggedLsn: readU64(bytes, 40),
  };
  const { pageBytes, tag, counter, checkpointLsn, loggedLsn } = superblock;
  const isSound =
    readU32(bytes, 4) === MAGIC &&
    readU32(bytes, 8) === FORMAT_VERSION &&
    pageSizes().includes(pageBytes) &&
    tag !== 0 &&
    readU32(bytes, 20) === 0 &&
    Number.isSafeInteger(counter) &&
    Number.isSafeInteger(checkpointLsn) &&
    checkpointLsn >= 1 &&
    Number.isSafeInteger(loggedLsn) &&
    loggedLsn >= checkpointLsn - 1;
  return isSound ? superblock : undefined;
}

/** What stands in the slots of a file; undefined for what is no superblock. */
export type Slots = readonly [Superblock | undefined, Superblock | undefined];

/**
 * Reads both slots. Where the second one stands depends on the page size, which the first one says; where that one is
 * bad, the second is looked for at every page size. Throws `DiskError`, but for places that can't be read.
 */
export async function readSuperblocks(file: File): Promise<Slots> {
  const first = await readSlot(file, 0, 0);
  const sizes = first === undefined ? pageSizes() : [first.pageBytes];
  for (const pageBytes of sizes) {
    const second = await readSlot(file, pageBytes, 1);
    if (second !== undefined && second.pageBytes === pageBytes) return [first, second];
  }
  return [first, undefined];
}

/** The slot that counts; undefined where neither is good. */
export function newestSlot([first, second]: Slots): 0 | 1 | undefined {
  if (first === undefined) return second === undefined ? undefined : 1;
  return second !== undefined && second.counter > first.counter ? 1 : 0;
}

/**
 * Which slot is to be written first. The other one has to be good on the platter, whatever the cache shows: a slot is
 * written only while that holds, so of two good ones the older is it, and the newer may be from a sync that failed.
 */
export function firstSlotToWrite(slots: Slots): 0 | 1 {
  if (slots[0] === undefined) return 0;
  return slots[1] === undefined ? 1 : newestSlot(slots)!;
}

async function readSlot(file: File, offset: number, slot: number): Promise<Superblock | undefined> {
  try {
    return decodeSuperblock(await readFully(file, offset, SUPERBLOCK_BYTES), slot);
  } catch (error) {
    // The other slot is there for this.
    if (!isDiskError(error, "EIO")) throw error;
    return undefined;
  }
}

function pageSizes(): number[] {
  const sizes: number[] = [];
  for (let size = MIN_PAGE_BYTES; size <= MAX_PAGE_BYTES; size *= 2) sizes.push(size);
  return sizes;
}

function checksum(bytes: Uint8Array, slot: number): number {
  return crc32c(bytes, 4, SUPERBLOCK_BYTES, slot);
}
