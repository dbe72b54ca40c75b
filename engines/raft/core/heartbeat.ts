/** Heartbeats: they keep the others from electing, carry the commit index, and show that a quorum follows. */
import { isQuorum, isVoter, quorumValue } from "../configuration.js";
import { RaftError } from "../errors.js";
import type { HeartbeatResponse, LogIndex, NodeId } from "../types.js";
import type { Progress } from "./progress.js";
import { grantReads } from "./reads.js";
import { sendEntries, commitTo } from "./replication.js";
import type { Leadership, State } from "./state.js";

/** Rounds that a leader remembers: more are under way only where nobody answers. */
const MAX_ROUNDS = 64;

/** Begins a round: every member is asked to answer, with a heartbeat now or by its next message. */
export function beginRound(s: State, leadership: Leadership): void {
  leadership.round++;
  leadership.roundsBegun.push({ round: leadership.round, atUs: s.nowUs });
  if (leadership.roundsBegun.length > MAX_ROUNDS) leadership.roundsBegun.shift();
  leadership.heartbeatDueUs = s.nowUs + s.options.heartbeatUs;
  const { term } = s;
  for (const [to, { match }] of leadership.progress) {
    // Only what this server is known to hold: it does not check the log (hashicorp/raft bd0a437).
    s.send(to, { kind: "heartbeat", term, commit: Math.min(match, s.commit), round: leadership.round });
  }
  // A leader alone is a quorum by itself.
  onRoundAnswered(s, leadership);
}

/** Of the leader of this server's term. */
export function onHeartbeat(s: State, from: NodeId, commit: LogIndex, round: number): void {
  // Who lost its state holds less than its leader remembers; appends tell it what is committed.
  if (!s.isRepairing) {
    if (commit > s.log.lastIndex) throw logLost(s, commit);
    commitTo(s, commit);
  }
  s.sendAfterPersist(from, { kind: "heartbeatResponse", term: s.term, round, isRepairing: s.isRepairing });
}

function logLost(s: State, commit: LogIndex): RaftError {
  return new RaftError("RAFT_LOG_LOST", {
    expected: `a log that reaches ${commit}, which this server acknowledged`,
    found: `one that ends at ${s.log.lastIndex}`,
    where: s.id,
    todo: "replace its device and add it as a new server",
  });
}

export function onHeartbeatResponse(
  s: State,
  leadership: Leadership,
  from: NodeId,
  message: HeartbeatResponse,
): void {
  const progress = leadership.progress.get(from);
  if (progress === undefined) return;
  progress.isActive = true;
  progress.isRepairing = message.isRepairing;
  progress.resume();
  // Where the last append was lost, or all that was acknowledged, only another one shows it.
  if (progress.match < s.log.lastIndex || message.isRepairing) sendEntries(s, leadership, from, true);
  answeredRound(s, leadership, progress, message.round);
}

/** A server answered a round, in this term. */
export function answeredRound(s: State, leadership: Leadership, progress: Progress, round: number): void {
  if (progress.isRepairing || round <= progress.ackedRound) return;
  progress.ackedRound = round;
  onRoundAnswered(s, leadership);
}

function onRoundAnswered(s: State, leadership: Leadership): void {
  const answered = quorumRound(s, leadership);
  while (leadership.roundsBegun.length > 0 && leadership.roundsBegun[0]!.round <= answered) {
    leadership.leaseFromUs = leadership.roundsBegun.shift()!.atUs;
  }
  grantReads(s, leadership);
}

/** The latest round that a quorum has answered. */
export function quorumRound(s: State, { progress, round }: Leadership): number {
  return quorumValue(s.configuration, (node) =>
    node === s.id ? round : (progress.get(node)?.ackedRound ?? 0),
  );
}

/** A leader that no quorum answers for an election timeout steps down (CheckQuorum; thesis, section 6.2). */
export function checkQuorum(s: State, { progress }: Leadership): void {
  const isHeard = isQuorum(s.configuration, (node) => {
    if (node === s.id) return isVoter(s.configuration, s.id);
    const peer = progress.get(node);
    return peer !== undefined && peer.isActive && !peer.isRepairing;
  });
  for (const peer of progress.values()) peer.isActive = false;
  if (isHeard) return;
  s.options.reached("raft/check-quorum-step-down");
  s.becomeFollower(s.term, undefined);
}
