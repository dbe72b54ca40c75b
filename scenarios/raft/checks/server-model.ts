/** What is known of one server: of its present incarnation, and of what its disk was said to hold. */
import type { Role } from "#engines/raft/events.js";
import type { Configuration, LogIndex, NodeId, Term } from "#engines/raft/types.js";
import { EMPTY_CONFIGURATION } from "#engines/raft/configuration.js";
import type { EventOf } from "./check.js";
import type { EntryNode } from "./entry-tree.js";
import { LogModel } from "./log-model.js";

interface Vote {
  readonly term: Term;
  readonly candidate: NodeId;
}

export class ServerModel {
  readonly name: NodeId;
  /** Number of the latest incarnation that has booted; 0 before the first. */
  incarnation = 0;
  role: Role = "follower";
  term: Term = 0;
  vote: NodeId | undefined;
  /** What it knows to be committed. */
  commit: LogIndex = 0;
  applied: LogIndex = 0;
  /** Of what is applied; undefined where the incarnation has not said it. */
  digest: number | undefined;
  isRepairing = false;
  readonly log: LogModel;
  /** Every state that a crash may leave on an honest disk holds the log up to here. */
  durable: EntryNode;
  durableTerm: Term = 0;
  durableVote: NodeId | undefined;
  /** Whom it voted for, by term, over all incarnations: votes that no crash can take back. */
  readonly durableVotes: Map<Term, NodeId> = new Map();
  /** Votes of this incarnation that are not durable. */
  #votes: Vote[] = [];
  /** What it held before its disk was found damaged; until it is repaired. */
  lost: EntryNode | undefined;
  /** It was damaged at least once. */
  wasDamaged = false;
  /** A repair takes the vote of its term, without anybody being voted for. */
  spentVoteTerm: Term = 0;
  /** In force where no entry of its log, nor before, says otherwise: members know it, newcomers don't. */
  #rootConfiguration: Configuration = EMPTY_CONFIGURATION;
  readonly #root: EntryNode;
  /** The log was cut in memory: the first node of each cut, where the disk may hold it still, or not. */
  #cuts: EntryNode[] = [];

  constructor(name: NodeId, root: EntryNode) {
    this.name = name;
    this.#root = root;
    this.log = new LogModel(root);
    this.durable = root;
  }

  /** In force for this server: the latest in its log. */
  get configuration(): Configuration {
    return this.configurationAt(this.log.tip);
  }

  /** In force for this server where its log ends with `node`. */
  configurationAt({ configuredAt, configuration }: EntryNode): Configuration {
    return configuredAt === this.#root ? this.#rootConfiguration : (configuration ?? EMPTY_CONFIGURATION);
  }

  /** Whether all that a crash may leave holds the node, in the log or in a snapshot. */
  holdsDurably(node: EntryNode): boolean {
    const { durable, log } = this;
    if (durable.index < node.index) return false;
    if (log.holds(durable)) return log.holds(node);
    return (durable.isCommitted && node.isCommitted) || durable.ancestorAt(node.index) === node;
  }

  /** Whether it has ever held the node, so that a leader may count on it: what it lost since is not news to all. */
  hasHeld(node: EntryNode): boolean {
    return this.holdsDurably(node) || this.lost?.ancestorAt(node.index) === node;
  }

  /** A new incarnation: what was not durable is gone. The log is as recovery found it. */
  booted(event: EventOf<"raft/booted">): void {
    const { term, vote, configuration, isRepairing } = event;
    this.incarnation++;
    this.role = "follower";
    const covered = event.snapshot?.index ?? 0;
    this.applied = event.held?.index ?? covered;
    // What is applied is committed.
    this.commit = Math.max(covered, this.applied);
    this.digest = event.held?.digest ?? (this.applied === 0 ? 0 : undefined);
    if (this.log.tip.configuredAt === this.#root) this.#rootConfiguration = configuration;
    this.#cuts = [];
    this.#votes = [];
    if (isRepairing) {
      this.lost ??= this.durable;
      this.wasDamaged = true;
    } else if (this.isRepairing) this.repaired(term);
    this.isRepairing = isRepairing;
    this.durable = this.log.tip;
    this.term = this.durableTerm = term;
    this.vote = this.durableVote = vote;
    if (this.isVote(term, vote)) this.#keepVote(term, vote!);
  }

  /** A snapshot takes the place of the log and of all that was known. */
  installed(node: EntryNode): void {
    this.log.restart(node);
    this.#rootConfiguration = this.#root.configuration ?? EMPTY_CONFIGURATION;
  }

  repaired(term: Term): void {
    this.isRepairing = false;
    this.lost = undefined;
    this.spentVoteTerm = term;
  }

  termChanged(term: Term, vote: NodeId | undefined): void {
    this.term = term;
    this.vote = vote;
    if (this.isVote(term, vote)) this.#votes.push({ term, candidate: vote! });
  }

  /** Whether this is somebody being voted for, and not a repair that spends a vote. */
  isVote(term: Term, vote: NodeId | undefined): boolean {
    return vote !== undefined && !this.isRepairing && term !== this.spentVoteTerm;
  }

  /** Removes what is at and above `from`, in memory. */
  cut(from: LogIndex): void {
    const { log, durable } = this;
    const first = log.at(from);
    if (first !== undefined) this.#cuts.push(first);
    if (durable.index >= from) {
      const kept = log.holds(durable) ? log.at(from - 1) : durable.ancestorAt(from - 1);
      this.durable = kept ?? log.base;
    }
    log.truncateFrom(from);
  }

  /** The disk was said to hold this hard state, and the log up to `last`, which may have been cut off since. */
  persisted(last: EntryNode | undefined, term: Term, vote: NodeId | undefined): void {
    if (last !== undefined) this.#logPersisted(last);
    this.durableTerm = term;
    this.durableVote = vote;
    if (this.isVote(term, vote)) this.#keepVote(term, vote!);
    if (this.#votes.length === 0) return;
    // A vote of an older term was never on the disk by itself, but can't be given again any more either.
    for (const each of this.#votes) if (each.term < term) this.#keepVote(each.term, each.candidate);
    this.#votes = this.#votes.filter((each) => each.term > term);
  }

  #keepVote(term: Term, candidate: NodeId): void {
    if (!this.durableVotes.has(term)) this.durableVotes.set(term, candidate);
  }

  #logPersisted(node: EntryNode): void {
    const { log } = this;
    this.durable = node;
    if (this.#cuts.length === 0) return;
    const isInLog = log.at(node.index) === node;
    const at = (index: LogIndex): EntryNode | undefined => (isInLog ? log.at(index) : node.ancestorAt(index));
    // A cut is done with once what came in its place is durable.
    this.#cuts = this.#cuts.filter((cut) => cut.index > node.index || at(cut.index) === cut);
    for (const cut of this.#cuts) {
      if (cut.index <= this.durable.index) this.durable = at(cut.index - 1) ?? log.base;
    }
  }
}
