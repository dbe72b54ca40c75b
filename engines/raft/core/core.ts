/** The face of the core: what comes in (messages, time, proposals), and what has to be done about it. */
import { assert } from "../../env/index.js";
import type { Role } from "../events.js";
import type { Persist } from "../storage.js";
import type {
  Configuration,
  Entry,
  HardState,
  LogIndex,
  LogPosition,
  NodeId,
  RaftMessage,
  SnapshotMeta,
  Term,
} from "../types.js";
import { decodeConfiguration } from "../codec/index.js";
import { Configurations } from "./configurations.js";
import {
  onPreVote,
  onPreVoteResponse,
  onTimeoutNow,
  onVote,
  onVoteResponse,
  preCampaign,
  voteIsDurable,
} from "./election.js";
import { beginRound, checkQuorum, onHeartbeat, onHeartbeatResponse } from "./heartbeat.js";
import { RaftLog } from "./log.js";
import { stepTowards, type MembershipTarget } from "./membership.js";
import type { ProgressInspection } from "./progress.js";
import { askForReads, grantReads, holdsLease, requestRead } from "./reads.js";
import type { Ready } from "./ready.js";
import { Repair, askForRepair, checkRepair, onRepairRequest, onRepairResponse } from "./repair.js";
import { advanceCommit, appendAsLeader, onAppend, onAppendResponse, replicate } from "./replication.js";
import { State, type CoreOptions } from "./state.js";
import { checkTransfer, transferLeadership } from "./transfer.js";

/** What a server boots from. */
export interface InitialState {
  readonly hardState: HardState;
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  readonly snapshot: SnapshotMeta | undefined;
  /** In force where nothing in the snapshot or the log says otherwise. */
  readonly bootstrap: Configuration;
  readonly isRepairing: boolean;
}

/**
 * One server's consensus, without any I/O. Every call takes the time (monotonic microseconds) where it needs
 * one; after any number of calls `ready` says what is to be done. Same calls, same answers.
 */
export class RaftCore {
  readonly #s: State;
  #sequence = 0;

  constructor(options: CoreOptions, initial: InitialState, nowUs: number) {
    const { base, entries, snapshot, bootstrap } = initial;
    const configurations = new Configurations(base.index, snapshot?.configuration ?? bootstrap);
    for (const { index, kind, data } of entries) {
      if (kind === "configuration") configurations.add(index, decodeConfiguration(data));
    }
    this.#s = new State(options, new RaftLog(base, entries), configurations, initial.hardState, nowUs);
    this.#s.snapshot = snapshot;
    this.#s.commit = this.#s.applied = snapshot?.index ?? 0;
    assert(base.index <= this.#s.commit, "what the log does not reach down to is in a snapshot");
    assert(this.#s.commit <= this.#s.log.lastIndex, "the log reaches at least as far as the snapshot");
    if (initial.isRepairing) this.#s.repair = new Repair(options.random(0x1_0000_0000));
    options.observe({
      kind: "raft/booted",
      term: this.#s.term,
      vote: this.#s.vote,
      base,
      entries,
      snapshot,
      configuration: this.#s.configuration,
      isRepairing: initial.isRepairing,
    });
  }

  get role(): Role {
    return this.#s.role;
  }

  get term(): Term {
    return this.#s.term;
  }

  get leader(): NodeId | undefined {
    return this.#s.leader;
  }

  get commit(): LogIndex {
    return this.#s.commit;
  }

  get applied(): LogIndex {
    return this.#s.applied;
  }

  get configuration(): Configuration {
    return this.#s.configuration;
  }

  get snapshot(): SnapshotMeta | undefined {
    return this.#s.snapshot;
  }

  /** When `tick` has something to do next, as things stand; Infinity where only a message can change that. */
  get dueUs(): number {
    const { leadership, repair, electionDueUs, isElectable } = this.#s;
    if (leadership !== undefined) {
      const { heartbeatDueUs, quorumCheckDueUs, transfer } = leadership;
      return Math.min(heartbeatDueUs, quorumCheckDueUs, transfer?.deadlineUs ?? Infinity);
    }
    return Math.min(isElectable ? electionDueUs : Infinity, repair?.dueUs ?? Infinity);
  }

  /** To be called at `dueUs`; at any other time it has no effect. */
  tick(nowUs: number): void {
    const s = this.#s;
    s.nowUs = nowUs;
    if (s.leadership !== undefined) this.#tickLeader();
    else if (s.isElectable && nowUs >= s.electionDueUs) preCampaign(s);
    if (s.repair !== undefined && nowUs >= s.repair.dueUs) askForRepair(s, s.repair);
  }

  /**
   * Takes a message. True where it came from the leader of this server's term, which matters for what the core
   * leaves to the shell: `snapshotChunk`.
   */
  step(from: NodeId, message: RaftMessage, nowUs: number): boolean {
    const s = this.#s;
    s.nowUs = nowUs;
    const isCurrent = this.#meetTerm(from, message);
    if (isCurrent) this.#handle(from, message);
    checkRepair(s);
    return isCurrent;
  }

  /** Appends a command or a no-op; undefined where this server does not lead, `busy` while it hands over. */
  propose(kind: "command" | "noop", data: Uint8Array): LogPosition | "busy" | undefined {
    const { leadership } = this.#s;
    if (leadership === undefined) return undefined;
    // What is proposed now could hold the handover up for ever.
    if (leadership.transfer !== undefined) return "busy";
    return appendAsLeader(this.#s, kind, data);
  }

  /** See `stepTowards`. */
  stepTowards(target: MembershipTarget): LogPosition | "done" | "wait" {
    if (this.#s.leadership?.transfer !== undefined) return "wait";
    return stepTowards(this.#s, target);
  }

  /** False where this server does not lead, or `to` can't take over. */
  transferLeadership(to: NodeId, nowUs: number): boolean {
    this.#s.nowUs = nowUs;
    return transferLeadership(this.#s, to);
  }

  /** Whether the handover to another server is still under way. */
  get isTransferring(): boolean {
    return this.#s.leadership?.transfer !== undefined;
  }

  /** The answer comes in a `Ready`. False where this server does not lead. */
  requestRead(id: number, nowUs: number): boolean {
    this.#s.nowUs = nowUs;
    return requestRead(this.#s, id);
  }

  /** Whether the state, as applied now, may be read at once. */
  holdsLease(nowUs: number): boolean {
    this.#s.nowUs = nowUs;
    return holdsLease(this.#s);
  }

  /** What is to be done; undefined where nothing is. See `Ready` for the order. */
  ready(): Ready | undefined {
    const s = this.#s;
    if (s.isReplicationDue) replicate(s);
    if (s.leadership !== undefined) askForReads(s, s.leadership);
    const persist = this.#takePersist();
    const committed = this.#takeCommitted();
    if (s.leadership !== undefined) grantReads(s, s.leadership);
    const { messages, afterPersist, answeredReads: reads, snapshotsTo } = s;
    const isIdle =
      persist === undefined &&
      messages.length + afterPersist.length + committed.length + reads.length + snapshotsTo.length === 0;
    if (isIdle) return undefined;
    s.messages = [];
    s.afterPersist = [];
    s.answeredReads = [];
    s.snapshotsTo = [];
    const sequence = persist === undefined ? 0 : this.#sequence;
    return { sequence, persist, messages, afterPersist, committed, reads, snapshotsTo };
  }

  /** The `persist` of this number is durable, and all before it. */
  persisted(sequence: number): void {
    const s = this.#s;
    const done = s.persisting.filter((each) => each.sequence <= sequence);
    const latest = done[done.length - 1];
    if (latest === undefined) return;
    s.persisting = s.persisting.filter((each) => each.sequence > sequence);
    const { last, term, vote } = latest;
    assert(last.index <= s.stable || s.log.matches(last), "what became durable is in the log");
    s.stable = Math.max(s.stable, last.index);
    s.options.observe({ kind: "raft/persisted", last: this.#stablePosition(), term, vote });
    if (done.some(({ endsRepair }) => endsRepair)) {
      s.repairEnd = undefined;
      s.options.observe({ kind: "raft/repaired", term, last: this.#stablePosition() });
    }
    if (vote === s.id) voteIsDurable(s, term);
    if (s.leadership !== undefined) advanceCommit(s, s.leadership);
  }

  /** A snapshot of the state as applied at `meta.index` is durable; the log goes, but for `keepEntries` of it. */
  compact(meta: SnapshotMeta, keepEntries: number): void {
    const s = this.#s;
    assert(meta.index <= s.applied && meta.index <= s.stable, "a snapshot is of what was applied");
    if (meta.index <= (s.snapshot?.index ?? 0)) return;
    s.snapshot = meta;
    const base = Math.max(s.log.base.index, meta.index - keepEntries);
    if (base === s.log.base.index) return;
    this.#compactTo(base);
  }

  /** The configuration in force at an index that is not below the log's base, and the term there. */
  metaAt(index: LogIndex): SnapshotMeta {
    const term = this.#s.log.termAt(index);
    assert(term !== undefined, "a snapshot is of a place in the log");
    return { index, term, configuration: this.#s.configurations.at(index) };
  }

  /** Whether this snapshot of the present leader is news. Where it is not, the leader is told. */
  wantsSnapshot(from: NodeId, snapshot: LogPosition): boolean {
    const s = this.#s;
    if (snapshot.index > s.commit) return true;
    s.repair?.follows(s.term, s.commit);
    this.#answerSnapshot(from, s.commit);
    checkRepair(s);
    return false;
  }

  /**
   * The snapshot is durable, and the state machine is in its state, with this digest. `from` is told if it still
   * leads. Only for one above the commit index.
   */
  installSnapshot(from: NodeId, meta: SnapshotMeta, digest: number): void {
    const s = this.#s;
    assert(meta.index > s.commit, "a snapshot never takes the state back");
    // What follows the snapshot's last entry may be kept only where that entry is there (figure 13, step 6).
    const keepsLog = s.log.matches(meta);
    const position = { index: meta.index, term: meta.term };
    s.snapshot = meta;
    s.commit = s.applied = meta.index;
    s.options.observe({ kind: "raft/snapshot-installed", position, digest, keepsLog });
    if (keepsLog) {
      s.stable = Math.max(s.stable, meta.index);
      this.#compactTo(meta.index);
    } else {
      s.log.restart(position);
      s.configurations.restart(meta.index, meta.configuration);
      s.forgetDurable(meta.index + 1);
      s.stable = meta.index;
      s.unpersistedFrom = meta.index + 1;
      this.#rebase(false);
    }
    s.options.observe({ kind: "raft/configured", index: meta.index, configuration: s.configuration });
    s.options.reached("raft/snapshot-installed");
    if (s.leader === from) {
      s.repair?.follows(s.term, meta.index);
      this.#answerSnapshot(from, meta.index);
    }
    checkRepair(s);
  }

  /** Whether a server waits for a snapshot. */
  awaitsSnapshot(node: NodeId): boolean {
    return this.#s.leadership?.progress.get(node)?.state === "snapshot";
  }

  /** How far a server's log is known to agree with this leader's. */
  matchOf(node: NodeId): LogIndex {
    return this.#s.leadership?.progress.get(node)?.match ?? 0;
  }

  /** For people and checks. The log is the core's own: not to be changed. */
  inspect(): CoreInspection {
    const { id, role, term, vote, leader, commit, applied, stable, log, configuration, snapshot } = this.#s;
    const peers = [...(this.#s.leadership?.progress ?? [])].map(
      ([node, progress]) => [node, progress.inspect()] as const,
    );
    return {
      node: id,
      role,
      term,
      vote,
      leader,
      commit,
      applied,
      stable,
      base: log.base,
      log: log.entries,
      last: log.last,
      configuration,
      snapshot,
      isRepairing: this.#s.isRepairing || this.#s.repairEnd !== undefined,
      peers: new Map(peers),
    };
  }

  #tickLeader(): void {
    const s = this.#s;
    const leadership = s.leadership!;
    if (s.nowUs >= leadership.quorumCheckDueUs) {
      leadership.quorumCheckDueUs = s.nowUs + s.options.electionTimeoutUs;
      checkQuorum(s, leadership);
      if (s.leadership === undefined) return;
    }
    checkTransfer(s, leadership);
    if (s.nowUs >= leadership.heartbeatDueUs) beginRound(s, leadership);
  }

  /** Compares terms first, as every server does (Raft, section 5.1). True where the message is to be handled. */
  #meetTerm(from: NodeId, message: RaftMessage): boolean {
    const s = this.#s;
    if (asksAboutAnyTerm(message)) return true;
    // Who hears of a leader helps nobody against it, not even with its term.
    if (message.kind === "vote" && (s.isRepairing || (!message.transfer && s.protectsLeader))) {
      s.options.reached("raft/vote-refused");
      return false;
    }
    if (message.term < s.term) {
      this.#refuseOld(from, message);
      return false;
    }
    if (isLeaders(message)) this.#followLeader(from, message.term);
    else if (message.term > s.term) s.becomeFollower(message.term, undefined);
    return true;
  }

  #followLeader(from: NodeId, term: Term): void {
    const s = this.#s;
    assert(term > s.term || s.role !== "leader", "one leader a term");
    assert(term > s.term || s.leader === undefined || s.leader === from, "one leader a term");
    s.becomeFollower(term, from);
    s.contactUs = s.nowUs;
    s.resetElectionTimer();
  }

  /** A leader or candidate of an older term has to learn of this one, or it would go on for ever. */
  #refuseOld(from: NodeId, message: RaftMessage): void {
    const s = this.#s;
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

  #handle(from: NodeId, message: RaftMessage): void {
    const s = this.#s;
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

  #answerSnapshot(to: NodeId, index: LogIndex): void {
    const { term, log, isRepairing, applied } = this.#s;
    this.#s.sendAfterPersist(to, {
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

  #compactTo(index: LogIndex): void {
    const s = this.#s;
    s.log.compactTo(index);
    s.configurations.compactTo(index);
    this.#rebase(true);
    s.options.observe({ kind: "raft/compacted", base: s.log.base });
  }

  #rebase(keepsLog: boolean): void {
    const s = this.#s;
    assert(s.unpersistedFrom > s.log.lastIndex, "the log is on its way to the disk before its base moves");
    assert(s.afterPersist.length === 0, "a promise goes with the persist that it waits for");
    s.rebase = { ...s.log.base, keepsLog };
  }

  /** A rebase goes alone, and first: the entries that follow are behind it. */
  #takePersist(): Persist | undefined {
    const s = this.#s;
    const { rebase } = s;
    // Not before the entries that the repair rests on.
    const repaired = s.repairEnd === "due" && rebase === undefined;
    const entries = rebase === undefined ? s.log.between(s.unpersistedFrom - 1, s.log.lastIndex) : [];
    if (!s.isHardStateDirty && entries.length === 0 && rebase === undefined && !repaired) return undefined;
    const hardState = { term: s.term, vote: s.vote };
    const last = rebase === undefined ? s.log.last : this.#stablePosition();
    this.#sequence++;
    s.persisting.push({ sequence: this.#sequence, last, endsRepair: repaired, ...hardState });
    if (rebase === undefined) s.unpersistedFrom = s.log.lastIndex + 1;
    s.rebase = undefined;
    s.isHardStateDirty = false;
    if (repaired) s.repairEnd = "written";
    return { hardState, entries, rebase, repaired };
  }

  #stablePosition(): LogPosition {
    const { stable, log } = this.#s;
    const term = log.termAt(stable);
    assert(term !== undefined, "the log holds what is durable of it");
    return { index: stable, term };
  }

  #takeCommitted(): readonly Entry[] {
    const s = this.#s;
    // What only others hold durably is not applied here yet: after a crash it may come late (etcd#14370).
    const upTo = Math.min(s.commit, s.stable);
    if (upTo <= s.applied) return [];
    const committed = s.log.between(s.applied, upTo);
    s.applied = upTo;
    return committed;
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

/** One server's state, as `RaftCore.inspect` shows it. */
export interface CoreInspection {
  readonly node: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  /** The log is durable up to here. */
  readonly stable: LogIndex;
  readonly base: LogPosition;
  readonly log: readonly Entry[];
  readonly last: LogPosition;
  readonly configuration: Configuration;
  readonly snapshot: SnapshotMeta | undefined;
  /** Until the end of the repair is durable. */
  readonly isRepairing: boolean;
  /** Of a leader: what it knows of the others. */
  readonly peers: ReadonlyMap<NodeId, ProgressInspection>;
}
