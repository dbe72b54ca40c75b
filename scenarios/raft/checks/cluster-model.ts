/**
 * The whole cluster as its observations tell it: each server's log, what of it is durable, and what is
 * committed. Every event costs as much as it has entries. The checks beside this file look at it before and
 * after each event; it judges nothing itself, and stays usable whatever it is told.
 */
import { EMPTY_CONFIGURATION, isJoint } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, Entry, LogIndex, LogPosition, NodeId, Term } from "#engines/raft/types.js";
import type { EventOf } from "./check.js";
import { EntryTree, type EntryNode } from "./entry-tree.js";
import { ServerModel } from "./server-model.js";
import { emptyStats, type RaftStats } from "./stats.js";

/** Who first led in a term. */
export interface Leader {
  readonly server: ServerModel;
  readonly incarnation: number;
}

export class ClusterModel {
  readonly tree: EntryTree = new EntryTree();
  readonly stats: RaftStats = emptyStats();
  /** Entries that the latest event was the first to show. */
  readonly created: EntryNode[] = [];
  /** What the latest event said to be committed, against what was committed before. */
  conflict: { readonly said: EntryNode; readonly committed: EntryNode } | undefined;
  /** How many entries the latest event was the first to say committed: the last ones of the prefix. */
  newlyCommitted = 0;
  readonly #servers: Map<NodeId, ServerModel> = new Map();
  readonly #leaders: Map<Term, Leader> = new Map();
  /** The committed prefix, by index; the first one is the root. */
  readonly #committed: EntryNode[] = [this.tree.root];

  get committedTip(): EntryNode {
    return this.#committed[this.#committed.length - 1]!;
  }

  /** The highest index that any server said is committed. */
  get committedIndex(): LogIndex {
    return this.committedTip.index;
  }

  /** In force at `committedIndex`. */
  get committedConfiguration(): Configuration {
    return this.committedTip.configuration ?? EMPTY_CONFIGURATION;
  }

  committedAt(index: LogIndex): EntryNode | undefined {
    return this.#committed[index];
  }

  servers(): readonly ServerModel[] {
    return [...this.#servers.values()];
  }

  server(name: NodeId): ServerModel | undefined {
    return this.#servers.get(name);
  }

  /** Who first led in this term. */
  leaderOf(term: Term): Leader | undefined {
    return this.#leaders.get(term);
  }

  /** Who leads in the highest term that anybody leads in, as far as was seen. It may be dead. */
  leader(): ServerModel | undefined {
    let latest: ServerModel | undefined;
    for (const server of this.#servers.values()) {
      if (server.role === "leader" && server.term >= (latest?.term ?? 0)) latest = server;
    }
    return latest;
  }

  /** The server of this name, known from now on. */
  serverOf(name: NodeId): ServerModel {
    let server = this.#servers.get(name);
    if (server === undefined) this.#servers.set(name, (server = new ServerModel(name, this.tree.root)));
    return server;
  }

  /** Follows one event. */
  observe(server: ServerModel, event: RaftEvent): void {
    this.created.length = 0;
    this.conflict = undefined;
    this.newlyCommitted = 0;
    this.stats.observations++;
    switch (event.kind) {
      case "raft/booted":
        this.#booted(server, event);
        break;
      case "raft/term-changed":
        server.termChanged(event.term, event.vote);
        break;
      case "raft/role-changed":
        this.#roleChanged(server, event);
        break;
      case "raft/appended":
        if (event.entries.length > 0) this.#appended(server, event.entries);
        break;
      case "raft/truncated":
        this.#cut(server, event.from);
        break;
      case "raft/persisted":
        this.#persisted(server, event);
        break;
      case "raft/committed":
        this.#committedBy(server, event);
        break;
      case "raft/applied":
        server.applied = event.position.index;
        server.digest = event.digest;
        break;
      case "raft/snapshot-taken":
        this.stats.snapshotsTaken++;
        break;
      case "raft/snapshot-installed":
        this.#snapshotInstalled(server, event);
        break;
      case "raft/compacted":
        this.#compacted(server, event.base);
        break;
      case "raft/damaged":
        this.stats.damages++;
        break;
      case "raft/repaired":
        this.stats.repairs++;
        server.repaired(event.term);
        break;
      case "raft/configured":
        this.stats.configurations++;
        if (isJoint(event.configuration)) this.stats.jointConfigurations++;
        break;
      case "raft/read-served":
      case "raft/machine-damaged":
        break;
    }
  }

  #booted(server: ServerModel, event: EventOf<"raft/booted">): void {
    this.stats.boots++;
    const { base, entries, configuration } = event;
    const place = this.tree.place(base);
    const isInForceAtBase = !entries.some((entry) => entry.kind === "configuration");
    // Who joins later begins without any.
    if (isInForceAtBase && configuration.voters.length > 0) place.learnConfiguration(configuration);
    server.log.restart(place);
    this.#extend(server, entries);
    server.booted(event);
    if (event.isRepairing) this.#forgetVotes(server);
  }

  /**
   * A server whose disk is damaged has forgotten its own candidacies, so that nobody's vote in them can elect
   * it any more. Votes of others that were damaged too are forgotten on both sides.
   */
  #forgetVotes(damaged: ServerModel): void {
    for (const server of this.#servers.values()) {
      if (!server.wasDamaged) continue;
      for (const [term, vote] of server.durableVotes) {
        if (vote === damaged.name) server.durableVotes.delete(term);
      }
    }
  }

  #roleChanged(server: ServerModel, { role, term }: EventOf<"raft/role-changed">): void {
    server.role = role;
    if (role === "candidate") this.stats.campaigns++;
    if (role !== "leader") return;
    this.stats.elections++;
    if (!this.#leaders.has(term)) this.#leaders.set(term, { server, incarnation: server.incarnation });
  }

  #appended(server: ServerModel, entries: readonly Entry[]): void {
    const from = entries[0]!.index;
    if (from <= server.log.lastIndex) this.#cut(server, from);
    // What stands behind a gap is not taken in: see `misreported`.
    this.#extend(server, entries);
  }

  #extend(server: ServerModel, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { log } = server;
      if (entry.index !== log.lastIndex + 1) return;
      log.append(this.tree.append(log.tip, entry, (node) => this.created.push(node)));
    }
  }

  #cut(server: ServerModel, from: LogIndex): void {
    this.stats.truncated += Math.max(0, server.log.lastIndex - from + 1);
    server.cut(from);
  }

  #persisted(server: ServerModel, { last, term, vote }: EventOf<"raft/persisted">): void {
    const inLog = server.log.at(last.index);
    const node = inLog?.term === last.term ? inLog : this.tree.find(last);
    server.persisted(node, term, vote);
  }

  #committedBy(server: ServerModel, { position, term }: EventOf<"raft/committed">): void {
    server.commit = position.index;
    const node = server.log.at(position.index);
    if (node === undefined) return;
    const tip = this.committedTip;
    if (node.index <= tip.index) {
      const committed = this.#committed[node.index]!;
      if (committed !== node) this.conflict = { said: node, committed };
      return;
    }
    const path: EntryNode[] = [];
    let at = node as EntryNode | undefined;
    for (; at !== undefined && at.index > tip.index; at = at.parent) path.push(at);
    if (at !== tip) {
      this.conflict = { said: at ?? node, committed: tip };
      return;
    }
    for (const committed of path.reverse()) {
      committed.isCommitted = true;
      committed.commitTerm = term;
      this.#committed.push(committed);
    }
    this.newlyCommitted = path.length;
    this.stats.commits += path.length;
  }

  #snapshotInstalled(server: ServerModel, event: EventOf<"raft/snapshot-installed">): void {
    this.stats.snapshotsInstalled++;
    const { position, digest, keepsLog } = event;
    const node = this.tree.place(position);
    if (keepsLog && server.log.holds(node)) server.log.compactTo(node);
    else server.installed(node);
    server.commit = Math.max(server.commit, position.index);
    server.applied = position.index;
    server.digest = digest;
  }

  #compacted(server: ServerModel, base: LogPosition): void {
    const node = server.log.at(base.index);
    if (node !== undefined) server.log.compactTo(node);
  }
}
