/** Where the log begins: moved by this server's own snapshots, and by those that a leader sends (section 7). */
import { assert } from "../../env/index.js";
import type { LogIndex, LogPosition, NodeId, SnapshotMeta } from "../types.js";
import { checkRepair } from "./repair.js";
import type { State } from "./state.js";

/** A snapshot of the state as applied at `meta.index` is durable; the log goes, but for `keepEntries` of it. */
export function compact(s: State, meta: SnapshotMeta, keepEntries: number): void {
  assert(meta.index <= s.applied && meta.index <= s.stable, "a snapshot is of what was applied");
  if (meta.index <= (s.snapshot?.index ?? 0)) return;
  s.snapshot = meta;
  const base = Math.max(s.log.base.index, meta.index - keepEntries);
  if (base === s.log.base.index) return;
  compactTo(s, base);
}

/** Whether this snapshot of the present leader is news. Where it is not, the leader is told. */
export function wantsSnapshot(s: State, from: NodeId, snapshot: LogPosition): boolean {
  if (snapshot.index > s.commit) return true;
  s.repair?.follows(s.term, s.commit);
  answerSnapshot(s, from, s.commit);
  checkRepair(s);
  return false;
}

/**
 * The snapshot is durable, and the state machine is in its state, with this digest, or will be before it applies
 * anything else. `from` is told if it still leads. Only for one above the commit index.
 */
export function installSnapshot(s: State, from: NodeId, meta: SnapshotMeta, digest: number): void {
  assert(meta.index > s.commit, "a snapshot never takes the state back");
  // What follows the snapshot's last entry may be kept only where that entry is there (figure 13, step 6).
  const keepsLog = s.log.matches(meta);
  const position = { index: meta.index, term: meta.term };
  s.snapshot = meta;
  s.taken = meta.index;
  s.commit = s.applied = meta.index;
  s.options.observe({ kind: "raft/snapshot-installed", position, digest, keepsLog });
  if (keepsLog) {
    s.stable = Math.max(s.stable, meta.index);
    compactTo(s, meta.index);
  } else {
    s.log.restart(position);
    s.configurations.restart(meta.index, meta.configuration);
    s.forgetDurable(meta.index + 1);
    s.stable = meta.index;
    s.unpersistedFrom = meta.index + 1;
    rebase(s, false);
  }
  s.options.observe({ kind: "raft/configured", index: meta.index, configuration: s.configuration });
  s.options.reached("raft/snapshot-installed");
  if (s.leader === from) {
    s.repair?.follows(s.term, meta.index);
    answerSnapshot(s, from, meta.index);
  }
  checkRepair(s);
}

function answerSnapshot(s: State, to: NodeId, index: LogIndex): void {
  const { term, log, isRepairing, applied } = s;
  s.sendAfterPersist(to, {
    kind: "appendResponse",
    term,
    accepted: true,
    index,
    hint: log.last,
    round: 0,
    isRepairing,
    applied,
  });
}

function compactTo(s: State, index: LogIndex): void {
  s.log.compactTo(index);
  s.configurations.compactTo(index);
  rebase(s, true);
  s.options.observe({ kind: "raft/compacted", base: s.log.base });
}

function rebase(s: State, keepsLog: boolean): void {
  assert(s.unpersistedFrom > s.log.lastIndex, "the log is on its way to the disk before its base moves");
  assert(s.afterPersist.length === 0, "a promise goes with the persist that it waits for");
  s.rebase = { ...s.log.base, keepsLog };
}
