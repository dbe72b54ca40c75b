import type { Persist } from "../storage.js";
import type { Entry } from "../types.js";

/** What a record does to the log of entries. */
export interface RecordSink {
  /** At least one entry, dense: they replace everything from the first one's index on. */
  append(entries: readonly Entry[]): void;
  rebase(rebase: NonNullable<Persist["rebase"]>): void;
}

/**
 * Hands a record's parts over in the order in which they count: entries that come with a rebase stand above its
 * place. Where the log is kept, that place may be one of these very entries; where it is not, they follow it.
 */
export function applyRecord({ entries, rebase }: Persist, sink: RecordSink): void {
  const startsAnew = rebase !== undefined && !rebase.keepsLog;
  if (startsAnew) sink.rebase(rebase);
  const kept = startsAnew ? entries.filter((entry) => entry.index > rebase.index) : entries;
  if (kept.length > 0) sink.append(kept);
  if (rebase !== undefined && rebase.keepsLog) sink.rebase(rebase);
}
