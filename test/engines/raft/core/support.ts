// A few cores with a network and disks in memory, driven step by step. What they do becomes lines of text.
import { RaftCore, type InitialState, type Ready } from "#engines/raft/core/index.js";
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, Entry, LogPosition, NodeId, RaftMessage } from "#engines/raft/types.js";

export const ELECTION_US = 100_000;
export const HEARTBEAT_US = 20_000;
export const LEASE_US = 90_000;

export interface OnTheWay {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: RaftMessage;
}

export function entry(index: number, term: number): Entry {
  return { index, term, kind: "command", data: Uint8Array.of(index, term) };
}

export function initial(
  configuration: Configuration,
  terms: readonly number[] = [],
  term: number = terms[terms.length - 1] ?? 0,
): InitialState {
  return {
    hardState: { term, vote: undefined },
    base: { index: 0, term: 0 },
    entries: terms.map((each, i) => entry(i + 1, each)),
    snapshot: undefined,
    bootstrap: configuration,
    isRepairing: false,
  };
}

/** One core, its disk and what it said. */
export class Server {
  readonly core: RaftCore;
  readonly events: RaftEvent[] = [];
  readonly marks: Set<string> = new Set();
  readonly committed: Entry[] = [];
  readonly reads: Ready["reads"][number][] = [];
  readonly snapshotsTo: NodeId[] = [];
  /** Numbers of persists that are not durable yet, where the disk is slow. */
  persisting: number[] = [];
  #held: OnTheWay[] = [];
  isDiskSlow = false;
  readonly #id: NodeId;

  constructor(id: NodeId, state: InitialState, nowUs: number) {
    this.#id = id;
    this.core = new RaftCore(
      {
        id,
        electionTimeoutUs: ELECTION_US,
        heartbeatUs: HEARTBEAT_US,
        leaseUs: LEASE_US,
        maxAppendBytes: 1_000,
        maxInflight: 4,
        random: () => 0,
        observe: (event) => this.events.push(event),
        reached: (mark) => this.marks.add(mark),
      },
      state,
      nowUs,
    );
  }

  /** Carries out what the core asks for; gives what it sends. */
  drain(): OnTheWay[] {
    const sent: OnTheWay[] = [];
    for (let ready = this.core.ready(); ready !== undefined; ready = this.core.ready()) {
      sent.push(...this.#wrap(ready.messages));
      if (ready.persist !== undefined) this.persisting.push(ready.sequence);
      this.#held.push(...this.#wrap(ready.afterPersist));
      this.committed.push(...ready.committed);
      this.reads.push(...ready.reads);
      this.snapshotsTo.push(...ready.snapshotsTo);
      if (!this.isDiskSlow) sent.push(...this.sync());
    }
    return sent;
  }

  /** Makes durable what was given to the disk; gives what may be sent now. */
  sync(): OnTheWay[] {
    const last = this.persisting[this.persisting.length - 1];
    this.persisting = [];
    const released = this.#held;
    this.#held = [];
    if (last !== undefined) this.core.persisted(last);
    return released;
  }

  #wrap(envelopes: Ready["messages"]): OnTheWay[] {
    return envelopes.map(({ to, message }) => ({ from: this.#id, to, message }));
  }
}

export class Cluster {
  readonly servers: Map<NodeId, Server> = new Map();
  /** Messages that nobody has received yet, in the order in which they were sent. */
  wire: OnTheWay[] = [];
  nowUs = 0;
  readonly lines: string[] = [];
  /** Links that lose everything: `n1>n2`. */
  readonly cut: Set<string> = new Set();

  constructor(states: Readonly<Record<NodeId, InitialState>>) {
    for (const [id, state] of Object.entries(states)) this.servers.set(id, new Server(id, state, 0));
  }

  static of(count: number): Cluster {
    const ids = Array.from({ length: count }, (_, i) => `n${i + 1}`);
    const configuration = makeConfiguration(ids);
    return new Cluster(Object.fromEntries(ids.map((id) => [id, initial(configuration)])));
  }

  server(id: NodeId): Server {
    return this.servers.get(id)!;
  }

  core(id: NodeId): RaftCore {
    return this.server(id).core;
  }

  /** Lets a server do what it has to, and puts what it sends on the wire. */
  drain(id: NodeId): void {
    for (const sent of this.server(id).drain()) this.#send(sent);
  }

  sync(id: NodeId): void {
    for (const sent of this.server(id).sync()) this.#send(sent);
    this.drain(id);
  }

  deliver({ from, to, message }: OnTheWay): void {
    this.lines.push(`${from} > ${to}  ${describe(message)}`);
    const server = this.servers.get(to);
    if (server === undefined) return;
    server.core.step(from, message, this.nowUs);
    this.drain(to);
  }

  /** Delivers until the wire is empty. */
  settle(): void {
    for (const id of this.servers.keys()) this.drain(id);
    for (let next = this.wire.shift(); next !== undefined; next = this.wire.shift()) this.deliver(next);
  }

  /** Time passes, and these servers notice. */
  tick(durationUs: number, ...ids: NodeId[]): void {
    this.nowUs += durationUs;
    for (const id of ids.length === 0 ? this.servers.keys() : ids) {
      this.core(id).tick(this.nowUs);
      this.drain(id);
    }
  }

  /** Makes this server the leader, if the others agree. */
  elect(id: NodeId): void {
    this.tick(2 * ELECTION_US, id);
    this.settle();
  }

  propose(id: NodeId, text = "x"): LogPosition {
    const position = this.core(id).propose(new TextEncoder().encode(text));
    if (position === undefined || position === "busy") throw new Error(`${id} does not take proposals`);
    return position;
  }

  isolate(id: NodeId): void {
    for (const other of this.servers.keys()) {
      this.cut.add(`${id}>${other}`);
      this.cut.add(`${other}>${id}`);
    }
  }

  terms(id: NodeId): number[] {
    return this.core(id)
      .inspect()
      .log.map(({ term }) => term);
  }

  #send(sent: OnTheWay): void {
    if (!this.cut.has(`${sent.from}>${sent.to}`)) this.wire.push(sent);
  }
}

function at({ index, term }: LogPosition): string {
  return `${index}@${term}`;
}

export function describe(message: RaftMessage): string {
  const about = `${message.kind} t${message.term}`;
  if (message.kind === "preVote" || message.kind === "vote") {
    const isTransfer = message.kind === "vote" && message.transfer;
    return `${about} last ${at(message.last)}${isTransfer ? " transfer" : ""}`;
  }
  if (message.kind === "preVoteResponse" || message.kind === "voteResponse") {
    return `${about} ${message.granted ? "granted" : "refused"}`;
  }
  if (message.kind === "append") {
    const entries = message.entries.map((each) => `${at(each)} ${each.kind}`).join(", ");
    return `${about} after ${at(message.previous)} [${entries}] commit ${message.commit}`;
  }
  if (message.kind === "appendResponse") {
    const { accepted, index, hint } = message;
    return `${about} ${accepted ? `has ${index}` : `refuses ${index}, hint ${at(hint)}`}`;
  }
  if (message.kind === "heartbeat") return `${about} commit ${message.commit} round ${message.round}`;
  return message.kind === "heartbeatResponse" ? `${about} round ${message.round}` : about;
}
