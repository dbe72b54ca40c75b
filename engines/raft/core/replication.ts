/** How a leader's log gets to the others (Raft, section 5.3), and what is committed (5.4.2). */
import { assert } from "../../env/index.js";
import { isJoint, isVoter, makeConfiguration, membersOf, quorumValue } from "../configuration.js";
import { decodeConfiguration, encodeConfiguration } from "../codec/index.js";
import type {
  AppendMessage,
  AppendResponse,
  Configuration,
  Entry,
  EntryKind,
  LogIndex,
  LogPosition,
  NodeId,
} from "../types.js";
import { answeredRound } from "./heartbeat.js";
import { grantReads } from "./reads.js";
import { onRepairingAnswer } from "./repair.js";
import type { Leadership, State } from "./state.js";
import { continueTransfer } from "./transfer.js";

const NO_DATA = new Uint8Array(0);

export function appendNoop(s: State): void {
  appendAsLeader(s, "noop", NO_DATA);
}

/** Appends an entry of the leader's term. It may go out before it is durable here (thesis, 10.2.1). */
export function appendAsLeader(s: State, kind: EntryKind, data: Uint8Array): LogPosition {
  assert(s.role === "leader", "only a leader begins entries");
  const entry: Entry = { index: s.log.lastIndex + 1, term: s.term, kind, data };
  append(s, [entry], true);
  s.isReplicationDue = true;
  return entry;
}

function append(s: State, entries: readonly Entry[], byLeader: boolean): void {
  s.log.append(entries);
  s.options.observe({ kind: "raft/appended", entries, byLeader });
  for (const entry of entries) {
    if (entry.kind !== "configuration") continue;
    const configuration = decodeConfiguration(entry.data);
    s.configurations.add(entry.index, configuration);
    onConfigured(s, entry.index, configuration);
  }
}

/** A server uses the latest configuration of its log from the moment it stands there. */
function onConfigured(s: State, index: LogIndex, configuration: Configuration): void {
  s.options.observe({ kind: "raft/configured", index, configuration });
  if (isJoint(configuration)) s.options.reached("raft/joint-entered");
  if (s.leadership !== undefined) syncProgress(s, s.leadership);
}

/** One progress for each other member. */
export function syncProgress(s: State, { progress }: Leadership): void {
  const members = membersOf(s.configuration).filter((member) => member !== s.id);
  for (const known of progress.keys()) if (!members.includes(known)) progress.delete(known);
  for (const member of members) if (!progress.has(member)) progress.set(member, s.newProgress());
}

/** Sends each server what it may get now. */
export function replicate(s: State): void {
  s.isReplicationDue = false;
  const { leadership } = s;
  if (leadership === undefined) return;
  for (const to of leadership.progress.keys()) sendEntries(s, leadership, to, false);
}

/** Sends as much as may be in flight; where `evenEmpty`, at least one append. */
export function sendEntries(s: State, leadership: Leadership, to: NodeId, evenEmpty: boolean): void {
  const progress = leadership.progress.get(to);
  assert(progress !== undefined, "a leader sends to members only");
  let mustSend = evenEmpty;
  while (!progress.isPaused && (mustSend || progress.next <= s.log.lastIndex)) {
    const previousIndex = progress.next - 1;
    const previousTerm = s.log.termAt(previousIndex);
    if (previousTerm === undefined) {
      sendSnapshot(s, leadership, to);
      return;
    }
    const entries = s.log.slice(progress.next, s.options.maxAppendBytes);
    const last = entries[entries.length - 1]?.index ?? previousIndex;
    s.send(to, {
      kind: "append",
      term: s.term,
      previous: { index: previousIndex, term: previousTerm },
      entries,
      commit: s.commit,
      round: leadership.round,
    });
    progress.sent(last);
    mustSend = false;
  }
}

function sendSnapshot(s: State, { progress }: Leadership, to: NodeId): void {
  assert(s.snapshot !== undefined, "what is not in the log is in a snapshot");
  const peer = progress.get(to)!;
  // One that does not answer would only hold the transfer up.
  if (!peer.isActive) return;
  peer.needsSnapshot();
  s.snapshotsTo.push(to);
}

/** Of the leader of this server's term. */
export function onAppend(s: State, from: NodeId, message: AppendMessage): void {
  const { previous, entries, commit, round } = message;
  if (previous.index < s.commit) {
    // What is committed is the same everywhere: they agree up to there, whatever the message says.
    s.repair?.follows(s.term, s.commit);
    answerAppend(s, from, true, s.commit, s.log.last, round);
    return;
  }
  if (!s.log.matches(previous)) {
    s.options.reached("raft/append-refused");
    const hint = s.log.highestWithin(Math.min(previous.index, s.log.lastIndex), previous.term);
    answerAppend(s, from, false, previous.index, hint ?? s.log.base, round);
    return;
  }
  takeIn(s, entries);
  const matched = previous.index + entries.length;
  // Not min(commit, last index): what stands above may not be the leader's (etcd b927fa8).
  commitTo(s, Math.min(commit, matched));
  s.repair?.follows(s.term, matched);
  answerAppend(s, from, true, matched, s.log.last, round);
}

function answerAppend(
  s: State,
  to: NodeId,
  accepted: boolean,
  index: LogIndex,
  hint: LogPosition,
  round: number,
): void {
  const { term, isRepairing, applied } = s;
  s.sendAfterPersist(to, {
    kind: "appendResponse",
    term,
    accepted,
    index,
    hint,
    round,
    isRepairing,
    applied,
  });
}

/** Appends what is new. Entries that are there already stay, with all behind them: the message may be old. */
function takeIn(s: State, entries: readonly Entry[]): void {
  const firstNew = entries.findIndex((entry) => !s.log.matches(entry));
  if (firstNew < 0) return;
  const from = entries[firstNew]!.index;
  if (from <= s.log.lastIndex) truncate(s, from);
  append(s, firstNew === 0 ? entries : entries.slice(firstNew), false);
}

function truncate(s: State, from: LogIndex): void {
  assert(from > s.commit, "what is committed is never truncated");
  s.options.reached("raft/conflict-truncated");
  s.log.truncateFrom(from);
  s.forgetDurable(from);
  s.options.observe({ kind: "raft/truncated", from });
  if (!s.configurations.truncateFrom(from)) return;
  s.options.reached("raft/configuration-rolled-back");
  const { currentIndex, current } = s.configurations;
  s.options.observe({ kind: "raft/configured", index: currentIndex, configuration: current });
}

export function onAppendResponse(
  s: State,
  leadership: Leadership,
  from: NodeId,
  message: AppendResponse,
): void {
  const progress = leadership.progress.get(from);
  if (progress === undefined) return;
  if (onRepairingAnswer(progress, message)) s.options.reached("raft/append-refused");
  progress.isActive = true;
  progress.applied = message.applied;
  if (message.accepted) {
    assert(message.index <= s.log.lastIndex, "nobody holds more of this term than its leader");
    progress.accepted(message.index);
    if (progress.state === "snapshot" && progress.match >= s.log.base.index) progress.snapshotDone();
    answeredRound(s, leadership, progress, message.round);
    advanceCommit(s, leadership);
  } else if (refused(s, leadership, from, message)) {
    s.options.reached("raft/backtracked");
  }
  // The commitment may have ended the leadership, or changed who is a member.
  if (s.leadership !== leadership || !leadership.progress.has(from)) return;
  sendEntries(s, leadership, from, false);
  continueTransfer(s, leadership, from);
}

/** Goes back by a whole term at a time: to where this log too has no higher term than the follower's there. */
function refused(s: State, { progress }: Leadership, from: NodeId, message: AppendResponse): boolean {
  const { index, hint } = message;
  const within = s.log.highestWithin(hint.index, hint.term);
  return progress.get(from)!.refused(index, within?.index ?? Math.min(hint.index, s.log.base.index - 1));
}

/** Commits what a quorum holds, where it is of this term: figure 8 of the paper shows why. */
export function advanceCommit(s: State, leadership: Leadership): void {
  const held = quorumValue(s.configuration, (node) => {
    if (node === s.id) return s.stable;
    const progress = leadership.progress.get(node);
    return progress === undefined || progress.isRepairing ? 0 : progress.match;
  });
  if (held <= s.commit || s.log.termAt(held) !== s.term) return;
  commitTo(s, held);
  grantReads(s, leadership);
  onConfigurationCommitted(s, leadership);
}

export function commitTo(s: State, index: LogIndex): void {
  if (index <= s.commit) return;
  const term = s.log.termAt(index);
  assert(term !== undefined, "what is committed here is in the log");
  s.commit = index;
  s.options.observe({ kind: "raft/committed", position: { index, term }, term: s.term });
}

/** Leaves a joint configuration that is committed, and the leadership where it is over with this server. */
function onConfigurationCommitted(s: State, leadership: Leadership): void {
  if (s.configurations.currentIndex > s.commit) return;
  const { voters, learners } = s.configuration;
  if (isJoint(s.configuration)) {
    appendAsLeader(s, "configuration", encodeConfiguration(makeConfiguration(voters, learners)));
    s.options.reached("raft/joint-left");
  } else if (!isVoter(s.configuration, s.id)) {
    // The others have to know that it is committed, or nobody could take over before a timeout.
    for (const to of leadership.progress.keys()) sendEntries(s, leadership, to, true);
    s.options.reached("raft/leader-removed-itself");
    s.becomeFollower(s.term, undefined);
  }
}
