/** What has to become durable, and what follows once it is. */
import { assert } from "../../env/index.js";
import type { Persist } from "../storage.js";
import type { Entry, LogPosition } from "../types.js";
import { voteIsDurable } from "./election.js";
import { advanceCommit } from "./replication.js";
import type { State } from "./state.js";

/** The `persist` of this number is durable, and all before it. */
export function persisted(s: State, sequence: number): void {
  const done = s.persisting.filter((each) => each.sequence <= sequence);
  const latest = done[done.length - 1];
  if (latest === undefined) return;
  s.persisting = s.persisting.filter((each) => each.sequence > sequence);
  const { last, term, vote } = latest;
  assert(last.index <= s.stable || s.log.matches(last), "what became durable is in the log");
  s.stable = Math.max(s.stable, last.index);
  s.options.observe({ kind: "raft/persisted", last: stablePosition(s), term, vote });
  if (done.some(({ endsRepair }) => endsRepair)) {
    s.repairEnd = undefined;
    s.options.observe({ kind: "raft/repaired", term, last: stablePosition(s) });
  }
  if (vote === s.id) voteIsDurable(s, term);
  if (s.leadership !== undefined) advanceCommit(s, s.leadership);
}

/** A rebase goes alone, and first: the entries that follow are behind it. */
export function takePersist(s: State): Persist | undefined {
  const { rebase } = s;
  // Not before the entries that the repair rests on.
  const repaired = s.repairEnd === "due" && rebase === undefined;
  const entries = rebase === undefined ? s.log.between(s.unpersistedFrom - 1, s.log.lastIndex) : [];
  if (!s.isHardStateDirty && entries.length === 0 && rebase === undefined && !repaired) return undefined;
  const hardState = { term: s.term, vote: s.vote };
  const last = rebase === undefined ? s.log.last : stablePosition(s);
  s.sequence++;
  s.persisting.push({ sequence: s.sequence, last, endsRepair: repaired, ...hardState });
  if (rebase === undefined) s.unpersistedFrom = s.log.lastIndex + 1;
  s.rebase = undefined;
  s.isHardStateDirty = false;
  if (repaired) s.repairEnd = "written";
  return { hardState, entries, rebase, repaired };
}

function stablePosition(s: State): LogPosition {
  const { stable, log } = s;
  const term = log.termAt(stable);
  assert(term !== undefined, "the log holds what is durable of it");
  return { index: stable, term };
}

export function takeCommitted(s: State): readonly Entry[] {
  // What only others hold durably is not applied here yet: after a crash it may come late (etcd#14370).
  const upTo = Math.min(s.commit, s.stable);
  if (upTo <= s.taken) return [];
  const committed = s.log.between(s.taken, upTo);
  s.taken = upTo;
  if (!s.appliesLater) s.applied = upTo;
  return committed;
}
