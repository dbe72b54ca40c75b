/** A journal as plain data: what was given to it, and what it may show after a crash at any moment. */
import type { Persist, Recovered, SavedSnapshot } from "#engines/raft/storage.js";
import type { Entry, HardState, LogPosition, SnapshotMeta } from "#engines/raft/types.js";

export interface Plain {
  readonly hardState: HardState;
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  readonly isRepairing: boolean;
}

export const EMPTY: Plain = {
  hardState: { term: 0, vote: undefined },
  base: { index: 0, term: 0 },
  entries: [],
  isRepairing: false,
};

export function lastOf({ base, entries }: Plain): LogPosition {
  return entries.at(-1) ?? base;
}

export function termAt({ base, entries }: Plain, index: number): number {
  return index === base.index ? base.term : entries[index - base.index - 1]!.term;
}

export function apply(plain: Plain, { hardState, rebase, entries, repaired }: Persist): Plain {
  let base = plain.base;
  let log = [...plain.entries];
  if (rebase !== undefined) {
    base = { index: rebase.index, term: rebase.term };
    log = rebase.keepsLog ? log.filter((entry) => entry.index > base.index) : [];
  }
  const added = entries.filter((entry) => entry.index > base.index);
  if (added.length > 0) log = [...log.filter((entry) => entry.index < added[0]!.index), ...added];
  const isRepairing = plain.isRepairing && !repaired;
  return { hardState: hardState ?? plain.hardState, base, entries: log, isRepairing };
}

/** What a server must find, given what the log holds and which snapshot is the latest. */
export function expected(plain: Plain, snapshot: SavedSnapshot | undefined): Recovered {
  if (snapshot === undefined) return { ...plain, snapshot };
  const { index, term } = snapshot.meta;
  const hardState = plain.hardState.term < term ? { term, vote: undefined } : plain.hardState;
  const held = index <= lastOf(plain).index && termAt(plain, index) === term;
  const log = held ? { base: plain.base, entries: plain.entries } : { base: { index, term }, entries: [] };
  return { hardState, ...log, snapshot, isRepairing: plain.isRepairing };
}

/** Equal texts for equal states. */
export function show({ hardState, base, entries, snapshot, isRepairing }: Recovered): string {
  const log = entries.map(({ index, term, kind, data }) => `${index}:${term}${kind[0]}${data.join(".")}`);
  const at = snapshot === undefined ? "none" : `${showMeta(snapshot.meta)} digest ${snapshot.digest}`;
  const chunks = snapshot?.chunks.map((chunk) => chunk.join(".")).join("/") ?? "";
  const { term, vote } = hardState;
  return `term ${term} vote ${vote} base ${base.index}:${base.term} [${log.join(" ")}] snapshot ${at} ${chunks}${isRepairing ? " repairing" : ""}`;
}

function showMeta({ index, term, configuration }: SnapshotMeta): string {
  return `${index}:${term} of ${configuration.voters.join()}`;
}

/** What was given to a journal since it was opened, and how much of it was acknowledged. */
export class Ledger {
  start: Plain = EMPTY;
  saved: SavedSnapshot | undefined;
  saving: SavedSnapshot | undefined;
  readonly steps: Persist[] = [];
  acknowledged = 0;
  /** The state with everything that was given. */
  now: Plain = EMPTY;

  given(persist: Persist): void {
    this.steps.push(persist);
    this.now = apply(this.now, persist);
  }

  /** All that a crash at this moment may leave. */
  candidates(): Set<string> {
    const found = new Set<string>();
    let plain = this.start;
    for (let step = 0; step <= this.steps.length; step++) {
      if (step > 0) plain = apply(plain, this.steps[step - 1]!);
      if (step < this.acknowledged) continue;
      found.add(show(expected(plain, this.saved)));
      if (this.saving !== undefined) found.add(show(expected(plain, this.saving)));
    }
    return found;
  }

  /** The journal was opened and showed this. */
  begin({ hardState, base, entries, snapshot, isRepairing }: Recovered): void {
    this.start = { hardState, base, entries, isRepairing };
    this.now = this.start;
    this.saved = snapshot;
    this.saving = undefined;
    this.steps.length = 0;
    this.acknowledged = 0;
  }
}
