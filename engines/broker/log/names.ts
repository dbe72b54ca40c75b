import type { Offset } from "../types.js";

/** The names in a log's directory; see FORMAT.md. */
export const LOG_SUFFIX = ".log";
export const INDEX_SUFFIX = ".index";
export const TIME_INDEX_SUFFIX = ".timeindex";
export const SNAPSHOT_SUFFIX = ".snapshot";
/** What the cleaner, recovery and whoever replaces a file are writing: worth nothing after a crash. */
export const CLEANED_SUFFIX = ".cleaned";
export const REWRITE_SUFFIX = ".rewrite";
export const TEMPORARY_SUFFIX = ".tmp";
/** A cleaned segment, whole and durable, that replaces all that begin within its offsets. */
export const SWAP_SUFFIX = ".swap";
/** The file of the segment that comes next. It has no offset yet when it is made. */
export const NEXT_SEGMENT = "next-segment";
export const STATE_FILE = "log-checkpoint";
export const EPOCH_FILE = "leader-epoch-checkpoint";

const OFFSET_DIGITS = 20;

export function fileName(offset: Offset, suffix: string): string {
  return String(offset).padStart(OFFSET_DIGITS, "0") + suffix;
}

/** The offsets of the names that end so, ascending. */
export function offsetsOf(names: readonly string[], suffix: string): Offset[] {
  const offsets: Offset[] = [];
  for (const name of names) {
    if (!name.endsWith(suffix)) continue;
    const offset = Number(name.slice(0, -suffix.length));
    if (Number.isSafeInteger(offset) && fileName(offset, suffix) === name) offsets.push(offset);
  }
  return offsets.sort((a, b) => a - b);
}

/** Whether nothing of it is worth keeping after a crash. */
export function isTemporary(name: string): boolean {
  return [CLEANED_SUFFIX, REWRITE_SUFFIX, TEMPORARY_SUFFIX].some((suffix) => name.endsWith(suffix));
}
