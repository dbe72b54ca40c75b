/**
 * Elections: with a vote before the vote (PreVote, thesis section 9.6), so that a server that could not win
 * raises no term; and with voters that protect a leader they hear of, so that one that could win does not try.
 */
import { assert } from "../../env/index.js";
import { isBlocking, isQuorum, isVoter, votersOf } from "../configuration.js";
import type { LogPosition, NodeId, Term } from "../types.js";
import { appendNoop, replicate, syncProgress } from "./replication.js";
import type { State } from "./state.js";

/** Asks whether an election could be won. */
export function preCampaign(s: State): void {
  s.becomePreCandidate();
  s.resetElectionTimer();
  s.votes.set(s.id, true);
  if (isElected(s)) campaign(s, false);
  else askAll(s, (to) => s.send(to, { kind: "preVote", term: s.term + 1, last: s.log.last }));
}

/** Begins a term and asks for votes in it. `isTransfer`: the leader wants it. */
export function campaign(s: State, isTransfer: boolean): void {
  s.becomeCandidate(isTransfer);
  s.resetElectionTimer();
  // Its own vote is among what has to be durable before it counts: see `voteIsDurable`.
  askAll(s, (to) =>
    s.sendAfterPersist(to, { kind: "vote", term: s.term, last: s.log.last, transfer: isTransfer }),
  );
}

function askAll(s: State, ask: (to: NodeId) => void): void {
  for (const voter of votersOf(s.configuration)) if (voter !== s.id) ask(voter);
}

/** The term and vote of a campaign are durable: the candidate has its own vote. */
export function voteIsDurable(s: State, term: Term): void {
  if (s.campaign?.term !== term || s.votes.has(s.id)) return;
  s.votes.set(s.id, true);
  winIfElected(s);
}

export function onPreVote(s: State, from: NodeId, term: Term, last: LogPosition): void {
  if (s.isRepairing) return;
  const granted = term > s.term && !s.protectsLeader && s.log.isUpToDate(last);
  if (!granted) s.options.reached("raft/pre-vote-refused");
  // A refusal tells the own term: whoever is behind must learn of it, or it would never be elected (etcd#8501).
  s.sendAfterPersist(from, { kind: "preVoteResponse", term: granted ? term : s.term, granted });
}

export function onPreVoteResponse(s: State, from: NodeId, term: Term, granted: boolean): void {
  if (s.role !== "preCandidate" || (granted && term !== s.term + 1)) return;
  s.votes.set(from, granted);
  if (isElected(s)) campaign(s, false);
  else if (isDefeated(s)) s.becomeFollower(s.term, undefined);
}

/** A vote that is asked for in this server's own term, or in an older one. */
export function onVote(s: State, from: NodeId, term: Term, last: LogPosition): void {
  if (s.isRepairing) return;
  const isFree = s.vote === undefined ? s.leader === undefined : s.vote === from;
  const granted = term === s.term && isFree && s.log.isUpToDate(last);
  if (granted) {
    assert(s.role !== "leader" && s.role !== "candidate", "who voted for itself votes for nobody else");
    s.becomeFollower(term, undefined);
    s.setTerm(term, from);
    s.resetElectionTimer();
  } else s.options.reached("raft/vote-refused");
  s.sendAfterPersist(from, { kind: "voteResponse", term: s.term, granted });
}

export function onVoteResponse(s: State, from: NodeId, granted: boolean): void {
  if (s.role !== "candidate") return;
  s.votes.set(from, granted);
  if (isDefeated(s)) s.becomeFollower(s.term, undefined);
  else winIfElected(s);
}

/** The leader wants this server to lead. */
export function onTimeoutNow(s: State): void {
  if (s.role !== "leader" && s.isElectable) campaign(s, true);
}

function isElected(s: State): boolean {
  return isQuorum(s.configuration, (node) => s.votes.get(node) === true);
}

function isDefeated(s: State): boolean {
  return isBlocking(s.configuration, (node) => s.votes.get(node) === false);
}

function winIfElected(s: State): void {
  // Without its own vote on the disk it could vote for another after a crash.
  if (!isElected(s) || (isVoter(s.configuration, s.id) && !s.votes.has(s.id))) return;
  if (s.campaign?.isTransfer === true) s.options.reached("raft/transfer-completed");
  const leadership = s.becomeLeader();
  syncProgress(s, leadership);
  appendNoop(s);
  replicate(s);
}
