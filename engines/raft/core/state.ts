/** The state of one server, and the transitions between its roles. The rules are in the files beside this one. */
import { assert } from "../../env/index.js";
import { isVoter } from "../configuration.js";
import type { RaftEvent, RaftMark, Role } from "../events.js";
import type { Persist } from "../storage.js";
import type {
  Configuration,
  HardState,
  LogIndex,
  LogPosition,
  NodeId,
  RaftMessage,
  SnapshotMeta,
  Term,
} from "../types.js";
import type { Configurations } from "./configurations.js";
import type { RaftLog } from "./log.js";
import { Progress } from "./progress.js";
import type { Envelope, ReadAnswer } from "./ready.js";
import type { Repair } from "./repair.js";

/** Something that was given to the disk and is not known to be durable. */
export interface Persisting extends HardState {
  readonly sequence: number;
  /** Where the log will be durable up to: less, once what was to be durable there is cut. */
  last: LogPosition;
  readonly endsRepair: boolean;
}

export interface CoreOptions {
  readonly id: NodeId;
  /** Least time without a leader before an election; each is drawn from this to twice this. */
  readonly electionTimeoutUs: number;
  readonly heartbeatUs: number;
  /**
   * How long after the beginning of a round that a quorum answered a leader may serve reads alone. Below the
   * election timeout by what clocks may differ.
   */
  readonly leaseUs: number;
  readonly maxAppendBytes: number;
  /** Appends to one server that may be without an answer. */
  readonly maxInflight: number;
  /** An integer in [0, bound). */
  readonly random: (bound: number) => number;
  readonly observe: (event: RaftEvent) => void;
  readonly reached: (mark: RaftMark) => void;
}

/** A read that waits for a quorum to say that this leader still leads. */
export interface PendingRead {
  readonly id: number;
  /** The commit index when it came; undefined while the term's first entry is not committed. */
  index: LogIndex | undefined;
  /** A round that began after it came. */
  round: number;
}

/** What only a leader has. */
export interface Leadership {
  readonly progress: Map<NodeId, Progress>;
  /** Index of the term's no-op: once it is committed, all before it is too (section 5.4.2). */
  readonly termStart: LogIndex;
  heartbeatDueUs: number;
  quorumCheckDueUs: number;
  /** Rounds ask all servers whether they still follow. Each message carries the latest. */
  round: number;
  /** When each round began that no quorum has answered yet. */
  readonly roundsBegun: { readonly round: number; readonly atUs: number }[];
  /** When the latest round began that a quorum has answered. */
  leaseFromUs: number | undefined;
  /** No longer, once somebody was told to campaign at once: that message may arrive late. */
  mayLease: boolean;
  transfer: { readonly to: NodeId; readonly deadlineUs: number } | undefined;
  reads: PendingRead[];
}

export class State {
  readonly options: CoreOptions;
  readonly id: NodeId;
  readonly log: RaftLog;
  readonly configurations: Configurations;
  term: Term;
  vote: NodeId | undefined;
  role: Role = "follower";
  leader: NodeId | undefined;
  leadership: Leadership | undefined;
  /** Answers to this server's campaign. */
  readonly votes: Map<NodeId, boolean> = new Map();
  commit: LogIndex;
  /** The state machine is here: a read of what is committed up to here may be answered. */
  applied: LogIndex;
  /** Entries up to here were handed out to be applied. */
  taken: LogIndex;
  /** Whether the shell applies them later, and says when. */
  appliesLater = false;
  /** The log is durable up to here. */
  stable: LogIndex;
  /** The first entry that was not given to the disk yet. */
  unpersistedFrom: LogIndex;
  persisting: Persisting[] = [];
  /** Number of the last persist. */
  sequence = 0;
  snapshot: SnapshotMeta | undefined;
  repair: Repair | undefined;
  nowUs: number;
  /** When a leader was last heard of. A server that boots may have heard of one just before. */
  contactUs: number;
  electionDueUs = 0;
  isHardStateDirty = false;
  /** The campaign that is under way, which counts its own vote once that is durable. */
  campaign: { readonly term: Term; readonly isTransfer: boolean } | undefined;
  /** The repair is complete: `due` has to be written, `written` is on its way to the disk. */
  repairEnd: "due" | "written" | undefined;
  rebase: Persist["rebase"];
  /** There is something to send to the others. */
  isReplicationDue = false;
  messages: Envelope[] = [];
  afterPersist: Envelope[] = [];
  answeredReads: ReadAnswer[] = [];
  snapshotsTo: NodeId[] = [];

  constructor(
    options: CoreOptions,
    log: RaftLog,
    configurations: Configurations,
    hardState: HardState,
    nowUs: number,
  ) {
    this.options = options;
    this.id = options.id;
    this.log = log;
    this.configurations = configurations;
    this.term = hardState.term;
    this.vote = hardState.vote;
    this.commit = log.base.index;
    this.applied = log.base.index;
    this.taken = log.base.index;
    this.stable = log.lastIndex;
    this.unpersistedFrom = log.lastIndex + 1;
    this.nowUs = nowUs;
    this.contactUs = nowUs;
    this.resetElectionTimer();
  }

  get configuration(): Configuration {
    return this.configurations.current;
  }

  get isRepairing(): boolean {
    return this.repair !== undefined;
  }

  /**
   * Whether this server may campaign. Also one that its latest configuration leaves out, while that is not
   * committed: nobody else's log may be complete enough (thesis, section 4.2.2). Its own vote counts for nothing.
   */
  get isElectable(): boolean {
    if (this.isRepairing) return false;
    if (isVoter(this.configuration, this.id)) return true;
    return (
      this.configurations.currentIndex > this.commit && isVoter(this.configurations.at(this.commit), this.id)
    );
  }

  /** Whether a leader was heard of so lately that no other should be elected (thesis, sections 4.2.3 and 6.4.1). */
  get protectsLeader(): boolean {
    return this.role === "leader" || this.nowUs - this.contactUs < this.options.electionTimeoutUs;
  }

  send(to: NodeId, message: RaftMessage): void {
    this.messages.push({ to, message });
  }

  /** For what promises something that has to be durable first. */
  sendAfterPersist(to: NodeId, message: RaftMessage): void {
    this.afterPersist.push({ to, message });
  }

  /** What stands at and above `from` is cut: writes that are under way no longer make it durable. */
  forgetDurable(from: LogIndex): void {
    const last = { index: from - 1, term: this.log.termAt(from - 1)! };
    for (const each of this.persisting) if (each.last.index >= from) each.last = last;
    this.stable = Math.min(this.stable, last.index);
    this.unpersistedFrom = Math.min(this.unpersistedFrom, from);
  }

  resetElectionTimer(): void {
    const { electionTimeoutUs, random } = this.options;
    this.electionDueUs = this.nowUs + electionTimeoutUs + random(electionTimeoutUs);
  }

  setTerm(term: Term, vote: NodeId | undefined): void {
    assert(term >= this.term, "a term never falls");
    assert(term > this.term || this.vote === undefined || this.vote === vote, "one vote a term");
    if (term === this.term && vote === this.vote) return;
    this.term = term;
    this.vote = vote;
    this.isHardStateDirty = true;
    this.options.observe({ kind: "raft/term-changed", term, vote });
  }

  /** The vote stays where the term does. */
  becomeFollower(term: Term, leader: NodeId | undefined): void {
    if (term > this.term) this.setTerm(term, undefined);
    assert(term === this.term, "nobody follows into the past");
    if (this.leadership !== undefined) this.#endLeadership(this.leadership);
    this.campaign = undefined;
    this.leader = leader;
    if (this.role === "follower") return;
    this.#setRole("follower");
    this.resetElectionTimer();
  }

  becomePreCandidate(): void {
    assert(this.role !== "leader" && this.isElectable, "only who may be elected campaigns");
    this.leader = undefined;
    this.campaign = undefined;
    this.votes.clear();
    this.#setRole("preCandidate");
  }

  becomeCandidate(isTransfer: boolean): void {
    assert(this.role !== "leader" && this.isElectable, "only who may be elected campaigns");
    this.leader = undefined;
    this.votes.clear();
    this.setTerm(this.term + 1, this.id);
    this.campaign = { term: this.term, isTransfer };
    this.#setRole("candidate");
  }

  becomeLeader(): Leadership {
    assert(this.role === "candidate", "only a candidate is elected");
    assert(!this.isRepairing, "who is being repaired is not elected");
    const { nowUs, options } = this;
    this.campaign = undefined;
    this.leader = this.id;
    this.leadership = {
      progress: new Map(),
      termStart: this.log.lastIndex + 1,
      heartbeatDueUs: nowUs,
      quorumCheckDueUs: nowUs + options.electionTimeoutUs,
      round: 0,
      roundsBegun: [],
      leaseFromUs: undefined,
      mayLease: true,
      transfer: undefined,
      reads: [],
    };
    this.#setRole("leader");
    return this.leadership;
  }

  newProgress(): Progress {
    return new Progress(this.log.lastIndex + 1, this.options.maxInflight);
  }

  #endLeadership({ reads }: Leadership): void {
    for (const { id } of reads) this.answeredReads.push({ id, isGranted: false, index: 0 });
    this.leadership = undefined;
  }

  #setRole(role: Role): void {
    if (this.role === role) return;
    this.role = role;
    this.options.observe({ kind: "raft/role-changed", role, term: this.term });
  }
}
