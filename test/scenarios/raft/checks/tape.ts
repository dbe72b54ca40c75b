/** Streams of events made up for the checks: a cluster of a few servers that do what a test tells them to. */
import { encodeConfiguration } from "#engines/raft/codec/index.js";
import { EMPTY_CONFIGURATION, makeConfiguration } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, Entry, LogIndex, LogPosition, NodeId, Term } from "#engines/raft/types.js";
import {
  CheckSet,
  ClusterModel,
  CommitMonotonic,
  CommitRule,
  CommittedImmutable,
  ConfigurationOverlap,
  DurableLost,
  ElectionSafety,
  IntactCopies,
  LeaderAppendOnly,
  LeaderCompleteness,
  LogMatching,
  Misreported,
  QuorumDurable,
  StateMachineSafety,
  TermMonotonic,
  type DiskWitness,
  type Report,
} from "#scenarios/raft/checks/index.js";

export const ABC: Configuration = makeConfiguration(["a", "b", "c"]);
export const ORIGIN: LogPosition = { index: 0, term: 0 };

export function entry(index: LogIndex, term: Term, text = ""): Entry {
  const data = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { index, term, kind: text === "" ? "noop" : "command", data };
}

export function configurationEntry(index: LogIndex, term: Term, configuration: Configuration): Entry {
  return { index, term, kind: "configuration", data: encodeConfiguration(configuration) };
}

type Booted = Extract<RaftEvent, { readonly kind: "raft/booted" }>;

/** What a server does, as events that all checks see. */
export class Tape {
  readonly model: ClusterModel = new ClusterModel();
  readonly found: { readonly invariant: string; readonly message: string }[] = [];
  readonly misreported: Misreported;
  readonly #set: CheckSet;

  constructor(disks?: DiskWitness) {
    const report: Report = (invariant, message) => void this.found.push({ invariant, message });
    const { model } = this;
    this.misreported = new Misreported(model, report);
    this.#set = new CheckSet(model, [
      this.misreported,
      new ElectionSafety(model, report),
      new LeaderAppendOnly(report),
      new LogMatching(model, report),
      new CommitMonotonic(report),
      new CommitRule(report),
      new CommittedImmutable(model, report),
      new QuorumDurable(model, report, disks),
      new LeaderCompleteness(model, report),
      new StateMachineSafety(model, report),
      new TermMonotonic(report),
      new DurableLost(report),
      new IntactCopies(model, report),
      new ConfigurationOverlap(model, report),
    ]);
  }

  /** The invariants that broke, in order. */
  get invariants(): string[] {
    return this.found.map(({ invariant }) => invariant);
  }

  tell(node: NodeId, ...events: readonly RaftEvent[]): this {
    for (const event of events) this.#set.observe(node, event);
    return this;
  }

  boot(node: NodeId, found: Partial<Booted> = {}): this {
    return this.tell(node, {
      kind: "raft/booted",
      term: 0,
      vote: undefined,
      base: ORIGIN,
      entries: [],
      snapshot: undefined,
      configuration: ABC,
      isRepairing: false,
      ...found,
    });
  }

  /** Boots the servers of a configuration, all empty. */
  bootAll(configuration: Configuration = ABC): this {
    for (const node of configuration.voters) this.boot(node, { configuration });
    for (const node of configuration.learners) this.boot(node, { configuration: EMPTY_CONFIGURATION });
    return this;
  }

  term(node: NodeId, term: Term, vote?: NodeId): this {
    return this.tell(node, { kind: "raft/term-changed", term, vote });
  }

  /** The server's memory as it is now becomes durable. */
  persist(...nodes: readonly NodeId[]): this {
    for (const node of nodes) {
      const { log, term, vote } = this.model.serverOf(node);
      const last = { index: log.tip.index, term: log.tip.term };
      this.tell(node, { kind: "raft/persisted", last, term, vote });
    }
    return this;
  }

  vote(candidate: NodeId, term: Term, voters: readonly NodeId[]): this {
    for (const voter of voters) this.term(voter, term, candidate).persist(voter);
    return this;
  }

  lead(node: NodeId, term: Term): this {
    return this.tell(node, { kind: "raft/role-changed", role: "leader", term });
  }

  /** The candidate wins with these votes; its own is among them. */
  elect(candidate: NodeId, term: Term, voters: readonly NodeId[]): this {
    this.term(candidate, term, candidate);
    this.tell(candidate, { kind: "raft/role-changed", role: "candidate", term }).persist(candidate);
    for (const voter of voters) {
      if (voter === candidate) continue;
      this.follow(voter, term).vote(candidate, term, [voter]);
    }
    return this.lead(candidate, term);
  }

  /** The server ends whatever it led. */
  follow(node: NodeId, term: Term): this {
    const server = this.model.serverOf(node);
    if (server.term < term) this.term(node, term);
    if (server.role === "follower") return this;
    return this.tell(node, { kind: "raft/role-changed", role: "follower", term });
  }

  append(node: NodeId, ...entries: readonly Entry[]): this {
    const byLeader = this.model.serverOf(node).role === "leader";
    return this.tell(node, { kind: "raft/appended", entries, byLeader });
  }

  truncate(node: NodeId, from: LogIndex): this {
    return this.tell(node, { kind: "raft/truncated", from });
  }

  /** The leader appends, these others copy, and all of them make it durable. */
  replicate(leader: NodeId, others: readonly NodeId[], ...entries: readonly Entry[]): this {
    this.append(leader, ...entries).persist(leader);
    for (const other of others) this.append(other, ...entries).persist(other);
    return this;
  }

  /** Says that the log is committed up to `index`. */
  commit(node: NodeId, index: LogIndex): this {
    const { log, term } = this.model.serverOf(node);
    const position = { index, term: log.at(index)!.term };
    return this.tell(node, { kind: "raft/committed", position, term });
  }

  /** Applies the next entry. */
  apply(node: NodeId, digest?: number): this {
    const { applied, log } = this.model.serverOf(node);
    const { index, term } = log.at(applied + 1)!;
    return this.tell(node, {
      kind: "raft/applied",
      position: { index, term },
      digest: digest ?? index * 1_000 + term,
    });
  }

  /** `a` leads in term 1, and `a 1:1` is committed there, durable on `a` and `b`. */
  static begun(disks?: DiskWitness): Tape {
    const tape = new Tape(disks).bootAll();
    tape.elect("a", 1, ["a", "b"]);
    return tape.replicate("a", ["b"], entry(1, 1)).commit("a", 1).apply("a");
  }
}
