/** What a message is compared with first, and who handles it. */
import { assert } from "../../env/index.js";
import type { NodeId, RaftMessage, Term } from "../types.js";
import { onPreVote, onPreVoteResponse, onTimeoutNow, onVote, onVoteResponse } from "./election.js";
import { onHeartbeat, onHeartbeatResponse } from "./heartbeat.js";
import { checkRepair, onRepairRequest, onRepairResponse } from "./repair.js";
import { onAppend, onAppendResponse } from "./replication.js";
import type { State } from "./state.js";

/** Takes a message. True where it was to be handled: it is not of an older term, and nothing forbids it. */
export function takeMessage(s: State, from: NodeId, message: RaftMessage): boolean {
  const isCurrent = meetTerm(s, from, message);
  if (isCurrent) handle(s, from, message);
  checkRepair(s);
  return isCurrent;
}

/** Compares terms first, as every server does (Raft, section 5.1). True where the message is to be handled. */
function meetTerm(s: State, from: NodeId, message: RaftMessage): boolean {
  if (asksAboutAnyTerm(message)) return true;
  // Who hears of a leader helps nobody against it, not even with its term.
  if (message.kind === "vote" && (s.isRepairing || (!message.transfer && s.protectsLeader))) {
    s.options.reached("raft/vote-refused");
    return false;
  }
  if (message.term < s.term) {
    refuseOld(s, from, message);
    return false;
  }
  if (isLeaders(message)) followLeader(s, from, message.term);
  else if (message.term > s.term) s.becomeFollower(message.term, undefined);
  return true;
}

function followLeader(s: State, from: NodeId, term: Term): void {
  assert(term > s.term || s.role !== "leader", "one leader a term");
  assert(term > s.term || s.leader === undefined || s.leader === from, "one leader a term");
  s.becomeFollower(term, from);
  s.contactUs = s.nowUs;
  s.resetElectionTimer();
}

/** A leader or candidate of an older term has to learn of this one, or it would go on for ever. */
function refuseOld(s: State, from: NodeId, message: RaftMessage): void {
  if (message.kind === "vote") {
    s.sendAfterPersist(from, { kind: "voteResponse", term: s.term, granted: false });
  } else if (isLeaders(message)) {
    s.sendAfterPersist(from, {
      kind: "heartbeatResponse",
      term: s.term,
      round: 0,
      isRepairing: s.isRepairing,
    });
  }
}

function handle(s: State, from: NodeId, message: RaftMessage): void {
  const { leadership } = s;
  switch (message.kind) {
    case "preVote":
      return onPreVote(s, from, message.term, message.last);
    case "preVoteResponse":
      return onPreVoteResponse(s, from, message.term, message.granted);
    case "vote":
      return onVote(s, from, message.term, message.last);
    case "voteResponse":
      return onVoteResponse(s, from, message.granted);
    case "append":
      return onAppend(s, from, message);
    case "appendResponse":
      return leadership === undefined ? undefined : onAppendResponse(s, leadership, from, message);
    case "heartbeat":
      return onHeartbeat(s, from, message.commit, message.round);
    case "heartbeatResponse":
      return leadership === undefined ? undefined : onHeartbeatResponse(s, leadership, from, message);
    case "timeoutNow":
      return onTimeoutNow(s);
    case "repairRequest":
      return onRepairRequest(s, from, message.nonce);
    case "repairResponse":
      return onRepairResponse(s, from, message);
    case "snapshotChunk":
    case "snapshotChunkResponse":
      // The bytes of snapshots are the shell's business.
      return undefined;
  }
}

/** Whether only a leader sends such messages, in its own term. */
function isLeaders({ kind }: RaftMessage): boolean {
  return kind === "append" || kind === "heartbeat" || kind === "snapshotChunk";
}

/** Whether the message's term, if any, is not one that its sender is in. */
function asksAboutAnyTerm(message: RaftMessage): boolean {
  const { kind } = message;
  if (kind === "preVoteResponse") return message.granted;
  return kind === "preVote" || kind === "repairRequest" || kind === "repairResponse";
}
