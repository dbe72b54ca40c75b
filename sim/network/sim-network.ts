/**
 * The network of one run: its links, what a scenario does to them by hand, and how everything heals. Reached
 * as `world.network`.
 */
import { assert, type MessageType } from "#engines/env/index.js";
import type { Decisions } from "../decisions.js";
import type { EventKind } from "../events.js";
import type { Faults } from "../faults/index.js";
import type { Incarnation, Node } from "../process.js";
import type { Event } from "../queue.js";
import { Link, type Cut } from "./link.js";
import { LinkFaults } from "./link-faults.js";
import type { Message } from "./message.js";
import { Partitions } from "./partitions.js";
import { assertProfile, type NetworkProfile } from "./profile.js";

/** What the network needs of the world. */
export interface NetworkWorld {
  readonly nowUs: number;
  readonly currentEventId: number;
  /** Whether somebody gets the records of the trace. */
  readonly isTraced: boolean;
  readonly decisions: Decisions;
  readonly faults: Faults;
  readonly nodes: readonly Node[];
  node(name: string): Node | undefined;
  scheduleAt(
    timeUs: number,
    owner: undefined,
    kind: EventKind,
    source: number,
    sizeBytes: number,
    run: () => void,
  ): Event;
  /** An event for whichever process runs on `to` when the time comes, if any does. */
  scheduleFor(
    to: Node,
    timeUs: number,
    kind: EventKind,
    source: number,
    run: (receiver: Incarnation | undefined) => void,
  ): Event;
  cancel(event: Event): void;
  effect(kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void;
  /** An effect: a message never arrives. `why` is the id of a fault, or a word. */
  lost(kind: EventKind, digest: number, why: string, message: Message): void;
  fail(invariant: string, message: string): void;
}

/** Messages between different nodes; what a node sends to itself is not counted. */
export interface NetworkCounts {
  /** Sends to another node that exists. */
  readonly sent: number;
  /** Handed to a handler; a message that was doubled counts twice. */
  readonly delivered: number;
  /** Lost to a fault, a cut, the filter, a full queue, or because the receiver did not understand them. */
  readonly lost: number;
  /** Framed size of all that was sent while `countBytes` was on. */
  readonly bytes: number;
}

/**
 * What a script has to say about a message: "deliver" leaves it to the network and its faults. A number is how
 * many microseconds after the send it arrives: out of line, and spared by all faults. It may still be cut off.
 */
export type NetworkVerdict = "deliver" | "drop" | number;

/** Asked once for each send to another node, when it is sent. Must not change the value. */
export type NetworkFilter = (
  from: string,
  to: string,
  type: MessageType<unknown>,
  value: unknown,
) => NetworkVerdict;

/** Nodes that a link's key has room for. */
const NODES_MAX = 65_536;
const SCRIPTED: Cut = { fault: undefined };

export class SimNetwork {
  readonly world: NetworkWorld;
  readonly profile: NetworkProfile;
  readonly faults: LinkFaults;
  readonly partitions: Partitions;
  /** For the parts of the network to add to. See `NetworkCounts`. */
  readonly counts: { -readonly [Figure in keyof NetworkCounts]: number } = {
    sent: 0,
    delivered: 0,
    lost: 0,
    bytes: 0,
  };
  /** Whether to take the fingerprint of each value when it is sent and to compare it when it arrives. */
  readonly checkPayloads: boolean;
  /** Whether to encode each message to add its framed size to `counts.bytes`. */
  countBytes = false;
  /** See `NetworkFilter`. */
  filter: NetworkFilter | undefined;
  readonly #links: Map<number, Link> = new Map();
  /** Among the nodes of each set no fault of the network strikes any more. */
  readonly #calm: ReadonlySet<string>[] = [];
  #isHealed = false;

  constructor(world: NetworkWorld, profile: NetworkProfile, checkPayloads: boolean) {
    assertProfile(profile);
    this.world = world;
    this.profile = profile;
    this.checkPayloads = checkPayloads;
    this.faults = new LinkFaults(world.faults);
    this.partitions = new Partitions(this);
  }

  /** Cuts one directed link by hand: nothing passes, also not what is on the wire. */
  cut(from: string, to: string): void {
    this.#between(from, to).addCut(SCRIPTED);
  }

  /** Takes back `cut`. A partition that cuts the same link still does. */
  restore(from: string, to: string): void {
    this.#between(from, to).removeCut(SCRIPTED);
  }

  /** Cuts by hand a node off from all others that there are now, both ways. */
  isolate(node: string): void {
    for (const link of this.#linksOf(node)) link.addCut(SCRIPTED);
  }

  /** Restores by hand the links between a node and all others, both ways. */
  rejoin(node: string): void {
    for (const link of this.#linksOf(node)) link.removeCut(SCRIPTED);
  }

  /** Whether nothing passes from one node to the other, be it by hand or by a partition. */
  isCut(from: string, to: string): boolean {
    return this.#between(from, to).isCut;
  }

  /**
   * Ends everything that is wrong with the network, for good: cuts (those made by hand too), partitions, clogs, narrow
   * and bounded links. No fault of it strikes again. What is on the wire still arrives.
   */
  heal(): void {
    this.#isHealed = true;
    this.partitions.stop();
    this.partitions.healAll();
    for (const link of this.#links.values()) link.heal();
  }

  /**
   * Heals what lies among these nodes as `heal` does. All else stays as broken as it is until `heal`: partitions neither
   * form nor heal any more, a clogged link never lets go, and faults go on striking there.
   */
  healAmong(names: readonly string[]): void {
    const core = new Set(names);
    this.#calm.push(core);
    this.partitions.freeze();
    for (const link of this.#links.values()) {
      if (core.has(link.from.name) && core.has(link.to.name)) link.heal();
      else link.freeze();
    }
  }

  // What follows is for the parts of the network.

  /** Whether a script has to see every message. */
  get isWatched(): boolean {
    return this.filter !== undefined || this.countBytes;
  }

  link(from: Node, to: Node): Link {
    assert(from.index < NODES_MAX && to.index < NODES_MAX, "a world has at most 65,536 nodes");
    const key = from.index * NODES_MAX + to.index;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link(this, from, to, this.#isCalm(from.name, to.name));
      this.#links.set(key, link);
    }
    return link;
  }

  /** The node of this name, which must be there. */
  node(name: string): Node {
    const node = this.world.node(name);
    assert(node !== undefined, `there is a node ${name}`);
    return node;
  }

  #isCalm(from: string, to: string): boolean {
    return this.#isHealed || this.#calm.some((core) => core.has(from) && core.has(to));
  }

  #between(from: string, to: string): Link {
    assert(from !== to, "the link of a node to itself is always there");
    return this.link(this.node(from), this.node(to));
  }

  #linksOf(name: string): Link[] {
    const node = this.node(name);
    const others = this.world.nodes.filter((other) => other !== node);
    return others.flatMap((other) => [this.link(node, other), this.link(other, node)]);
  }
}
