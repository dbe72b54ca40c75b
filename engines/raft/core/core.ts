/** The face of the core: what comes in (messages, time, proposals), and what has to be done about it. */
import { assert } from "../../env/index.js";
import { decodeConfiguration } from "../codec/index.js";
import type { Role } from "../events.js";
import type { Applied } from "../state-machine.js";
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
import { compact, installSnapshot, wantsSnapshot } from "./compaction.js";
import { Configurations } from "./configurations.js";
import { takeMessage } from "./dispatch.js";
import { preCampaign } from "./election.js";
import { beginRound, checkQuorum } from "./heartbeat.js";
import { RaftLog } from "./log.js";
import { stepTowards, type MembershipTarget } from "./membership.js";
import { persisted, takeCommitted, takePersist } from "./persistence.js";
import type { ProgressInspection } from "./progress.js";
import { askForReads, grantReads, holdsLease, requestRead } from "./reads.js";
import type { Ready } from "./ready.js";
import { Repair, askForRepair } from "./repair.js";
import { appendAsLeader, replicate } from "./replication.js";
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
  /**
   * What a state machine with a disk of its own holds. Then entries may be applied later than they are handed
   * out: `appliedTo` tells. Undefined where the state is the snapshot's, and all is applied at once.
   */
  readonly held?: Applied | undefined;
}

/**
 * One server's consensus, without any I/O. Every call takes the time (monotonic microseconds) where it needs
 * one; `ready` says then what is to be done. Same calls, same answers.
 */
export class RaftCore {
  readonly #s: State;

  constructor(options: CoreOptions, initial: InitialState, nowUs: number) {
    const { base, entries, snapshot, bootstrap, held } = initial;
    const configurations = new Configurations(base.index, snapshot?.configuration ?? bootstrap);
    for (const { index, kind, data } of entries) {
      if (kind === "configuration") configurations.add(index, decodeConfiguration(data));
    }
    this.#s = new State(options, new RaftLog(base, entries), configurations, initial.hardState, nowUs);
    this.#s.snapshot = snapshot;
    const covered = snapshot?.index ?? 0;
    this.#s.applied = this.#s.taken = held?.index ?? covered;
    this.#s.appliesLater = held !== undefined;
    // What is applied is committed.
    this.#s.commit = Math.max(covered, this.#s.applied);
    assert(base.index <= covered, "what the log does not reach down to is in a snapshot");
    assert(base.index <= this.#s.applied, "what the state lacks is in the log");
    assert(this.#s.commit <= this.#s.log.lastIndex, "the log reaches at least as far as the state");
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
      ...(held === undefined ? {} : { held }),
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

  /** When `tick` has something to do next, as things stand; Infinity where only a message can change that. */
  get dueUs(): number {
    const s = this.#s;
    if (s.leadership !== undefined) {
      const { heartbeatDueUs, quorumCheckDueUs, transfer } = s.leadership;
      return Math.min(heartbeatDueUs, quorumCheckDueUs, transfer?.deadlineUs ?? Infinity);
    }
    // Who is being repaired does not campaign.
    if (s.repair !== undefined) return s.repair.dueUs;
    return s.isElectable ? s.electionDueUs : Infinity;
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
    return takeMessage(s, from, message);
  }

  /** Appends a command; undefined where this server does not lead, `busy` while it hands over. */
  propose(command: Uint8Array): LogPosition | "busy" | undefined {
    const { leadership } = this.#s;
    if (leadership === undefined) return undefined;
    // What is proposed now could hold the handover up for ever.
    if (leadership.transfer !== undefined) return "busy";
    return appendAsLeader(this.#s, "command", command);
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
    const persist = takePersist(s);
    const committed = takeCommitted(s);
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
    const sequence = persist === undefined ? 0 : s.sequence;
    return { sequence, persist, messages, afterPersist, committed, reads, snapshotsTo };
  }

  /** The `persist` of this number is durable, and all before it. */
  persisted(sequence: number): void {
    persisted(this.#s, sequence);
  }

  /** All that was handed out up to `index` is applied. Only where entries may be applied later. */
  appliedTo(index: LogIndex): void {
    const s = this.#s;
    assert(s.appliesLater, "all is applied at once where nothing else was said");
    assert(index > s.applied && index <= s.taken, "what was handed out is applied, once");
    s.applied = index;
  }

  /** See `compact`. */
  compact(meta: SnapshotMeta, keepEntries: number): void {
    compact(this.#s, meta, keepEntries);
  }

  /** The configuration in force at an index that is not below the log's base, and the term there. */
  metaAt(index: LogIndex): SnapshotMeta {
    const term = this.#s.log.termAt(index);
    assert(term !== undefined, "a snapshot is of a place in the log");
    return { index, term, configuration: this.#s.configurations.at(index) };
  }

  /** See `wantsSnapshot`. */
  wantsSnapshot(from: NodeId, snapshot: LogPosition): boolean {
    return wantsSnapshot(this.#s, from, snapshot);
  }

  /** See `installSnapshot`. */
  installSnapshot(from: NodeId, meta: SnapshotMeta, digest: number): void {
    installSnapshot(this.#s, from, meta, digest);
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
