import type { Env } from "#engines/env/index.js";
import { Journal, type JournalOptions } from "#engines/raft/journal/index.js";
import type { Persist, Recovered, SavedSnapshot } from "#engines/raft/storage.js";
import type { Entry } from "#engines/raft/types.js";
import { MemoryDisk, MemoryEnv } from "../../support/memory-env.js";
import { lastOf, termAt, type Ledger } from "./model.js";

/** Small segments, so that a few records make several. */
export const SMALL: JournalOptions = { wal: { segmentBytes: 512 } };

const NOTHING: Persist = { hardState: undefined, entries: [], rebase: undefined, repaired: false };

export function entry(index: number, term: number, length: number = (index * 5) % 30): Entry {
  return { index, term, kind: "command", data: new Uint8Array(length).fill((index * 31 + term) & 0xff) };
}

/** Entries from `first` to `last`. */
export function entries(first: number, last: number, term: number): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, term));
}

export function put(what: Partial<Persist>): Persist {
  return { ...NOTHING, ...what };
}

export function voted(term: number, vote?: string): Persist {
  return put({ hardState: { term, vote } });
}

export function rebase(index: number, term: number, keepsLog: boolean): Persist {
  return put({ rebase: { index, term, keepsLog } });
}

export function snapshotAt(index: number, term: number): SavedSnapshot {
  const configuration = { voters: ["n1", "n2", "n3"], outgoing: [], learners: [] };
  const chunks = [new Uint8Array(40).fill(index & 0xff), new Uint8Array((index * 3) % 50).fill(term)];
  return { meta: { index, term, configuration }, digest: index * 1000 + term, chunks };
}

export interface Opened {
  readonly journal: Journal;
  readonly found: Recovered;
  readonly env: MemoryEnv;
}

export async function open(disk: MemoryDisk, options: JournalOptions = SMALL): Promise<Opened> {
  const env = new MemoryEnv(disk);
  const journal = new Journal(env, options);
  return { journal, found: await journal.recover(), env };
}

/** What the next process finds, the one before it having died without a word. */
export async function found(disk: MemoryDisk, options: JournalOptions = SMALL): Promise<Recovered> {
  return (await open(disk.copy(), options)).found;
}

export type Step = Persist | SavedSnapshot;

/** Does what a server may do next, drawn by `below`; one step, or a snapshot and the rebase behind it. */
export function nextSteps({ now, saved }: Ledger, below: (bound: number) => number): Step[] {
  const { term } = now.hardState;
  const last = lastOf(now).index;
  const kind = below(12);
  if (now.isRepairing && below(6) === 0) return [put({ repaired: true })];
  if (term === 0 || kind === 0) return [voted(term + 1, below(2) === 0 ? undefined : `n${below(3)}`)];
  if (kind <= 6) return [put({ entries: entries(last + 1, last + 1 + below(4), term) })];
  const fixed = Math.max(saved?.meta.index ?? 0, now.base.index);
  if (kind <= 8 && last > fixed) {
    const from = fixed + 1 + below(last - fixed);
    const hardState = { term: term + 1, vote: undefined };
    return [put({ hardState, entries: entries(from, from + below(3), term + 1) })];
  }
  if (kind === 9 && last > fixed) {
    const index = fixed + 1 + below(last - fixed);
    const base = now.base.index + below(index - now.base.index + 1);
    const more = below(3) === 0 ? entries(last + 1, last + 2, term) : [];
    const kept = { index: base, term: termAt(now, base), keepsLog: true };
    return [snapshotAt(index, termAt(now, index)), put({ rebase: kept, entries: more })];
  }
  if (kind === 10) {
    const index = fixed + 1 + below(last - fixed + 5);
    const held = index <= last && below(2) === 0;
    const installed = held ? termAt(now, index) : term + 1;
    const more = below(3) === 0 ? entries(index + 1, index + 2, term + 1) : [];
    const hardState = held ? undefined : { term: term + 1, vote: undefined };
    const at = { index, term: installed, keepsLog: held };
    return [snapshotAt(index, installed), put({ hardState, rebase: at, entries: held ? [] : more })];
  }
  return [voted(term, "n1"), put({ entries: entries(last + 1, last + 1, term) })];
}

export function isSnapshot(step: Step): step is SavedSnapshot {
  return "meta" in step;
}

/** Gives a step to the journal and notes it; resolves with it. */
export function give(journal: Journal, ledger: Ledger, step: Step): Promise<void> {
  if (!isSnapshot(step)) {
    ledger.given(step);
    const number = ledger.steps.length;
    return journal.persist(step).then(() => {
      if (ledger.acknowledged !== number - 1) throw new Error("acknowledged out of order");
      ledger.acknowledged = number;
    });
  }
  ledger.saving = step;
  return journal.saveSnapshot(step).then(() => {
    ledger.saved = step;
    ledger.saving = undefined;
  });
}

/** Steps one after the other, each acknowledged before the next. */
export async function giveAll(journal: Journal, ledger: Ledger, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await give(journal, ledger, step);
}

export { Journal, type Env };
