/**
 * How a server that found its own storage damaged becomes whole again (in the spirit of protocol-aware
 * recovery: Alagappan et al., FAST'18).
 *
 * It has forgotten what it promised: whom it voted for, and which entries it acknowledged. Until it knows, it
 * neither campaigns nor votes, and its answers say so, which makes a leader count it for nothing. So every
 * quorum that elects, commits or confirms a read consists of servers that remember, and each of them meets
 * every quorum that this server was part of before, in another one than this server.
 *
 * It is whole again once
 * - every other voter has told it a term. A candidate's term is durable before it asks for votes, so the
 *   highest one is at least any term that this server voted in. It takes that term, its vote in it spent;
 * - its log reaches what the leader of its term had when it was asked. All that it ever acknowledged and that
 *   was committed is in there, by leader completeness.
 *
 * What it can't know of: a candidate that was removed from the cluster, or lost its own storage, since.
 */
import { membersOf, votersOf } from "../configuration.js";
import type { AppendResponse, LogIndex, LogPosition, NodeId, RepairResponse, Term } from "../types.js";
import type { Progress } from "./progress.js";
import type { State } from "./state.js";

export class Repair {
  /** Tells the answers to this incarnation from those to an earlier one. */
  readonly nonce: number;
  readonly terms: Map<NodeId, Term> = new Map();
  readonly members: Set<NodeId> = new Set();
  dueUs = 0;
  /** What the leader of this term had. */
  #goal: LogPosition | undefined;
  /** How far the log is known to be that of the leader of this term. */
  #followed: LogPosition = { index: 0, term: 0 };

  constructor(nonce: number) {
    this.nonce = nonce;
  }

  /** The log is the leader's up to `index`. */
  follows(term: Term, index: LogIndex): void {
    const before = this.#followed;
    this.#followed = { term, index: term === before.term ? Math.max(index, before.index) : index };
  }

  answered(from: NodeId, answer: RepairResponse): void {
    this.terms.set(from, Math.max(answer.term, this.terms.get(from) ?? 0));
    for (const member of answer.members) this.members.add(member);
    // The first answer of a leader will do: a later one would ask for more each time.
    if (answer.isLeader && answer.term > (this.#goal?.term ?? 0)) {
      this.#goal = { term: answer.term, index: answer.lastIndex };
    }
  }

  /** Whether the log holds all that the leader of `term` had when it was asked. */
  hasReached(term: Term): boolean {
    const goal = this.#goal;
    return goal?.term === term && this.#followed.term === term && this.#followed.index >= goal.index;
  }
}

/** Asks everybody this server knows of. */
export function askForRepair(s: State, repair: Repair): void {
  repair.dueUs = s.nowUs + s.options.heartbeatUs;
  const known = new Set([...membersOf(s.configuration), ...repair.members]);
  if (s.leader !== undefined) known.add(s.leader);
  known.delete(s.id);
  for (const to of known) s.send(to, { kind: "repairRequest", term: s.term, nonce: repair.nonce });
}

export function onRepairRequest(s: State, from: NodeId, nonce: number): void {
  const progress = s.leadership?.progress.get(from);
  if (progress !== undefined) progress.isRepairing = true;
  s.sendAfterPersist(from, {
    kind: "repairResponse",
    term: s.term,
    nonce,
    isLeader: s.role === "leader",
    lastIndex: s.log.lastIndex,
    members: membersOf(s.configuration),
  });
}

export function onRepairResponse(s: State, from: NodeId, answer: RepairResponse): void {
  if (s.repair?.nonce === answer.nonce) s.repair.answered(from, answer);
}

/** Ends the repair where nothing is missing any more. */
export function checkRepair(s: State): void {
  const { repair } = s;
  if (repair === undefined) return;
  const others = votersOf(s.configuration).filter((node) => node !== s.id);
  if (others.length === 0 || !others.every((node) => repair.terms.has(node))) return;
  const term = Math.max(s.term, ...repair.terms.values());
  if (term > s.term) s.becomeFollower(term, undefined);
  if (!repair.hasReached(term)) return;
  // Nobody knows for whom it voted in this term. A vote for itself, without a campaign, elects nobody.
  if (s.vote === undefined) s.setTerm(term, s.id);
  s.repair = undefined;
  s.repairEnd = "due";
  s.options.reached("raft/repaired");
}

/**
 * Notes whether the sender is being repaired. Where it is, and refuses, it has less than it once acknowledged:
 * true, and the leader begins anew with it.
 */
export function onRepairingAnswer(progress: Progress, answer: AppendResponse): boolean {
  progress.isRepairing = answer.isRepairing;
  if (!answer.isRepairing || answer.accepted || progress.state === "snapshot") return false;
  if (answer.index > progress.match) return false;
  progress.lost(answer.hint.index);
  return true;
}
