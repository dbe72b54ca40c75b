/**
 * The network: for now a perfect link between every two nodes. Messages arrive once, in order, after a fixed
 * latency. The value itself is handed over; a keyed sample goes through its codec and back, so that a codec
 * that forgets a field is found.
 */
import { SeedstormError, type MessageType, type Network } from "#engines/env/index.js";
import type { Caller } from "./caller.js";
import { site, type Decisions } from "./decisions.js";
import { eventKind, type EventKind } from "./events.js";
import { finalize, fold } from "./hash.js";
import type { Incarnation, Node } from "./process.js";

const LATENCY_US = 250;
const CODEC_SAMPLE = site("network/codec-sample");
/** One message in so many goes through its codec. */
const CODEC_EVERY = 16;

export const DELIVER: EventKind = eventKind("network/deliver");

type Handler = (from: string, value: unknown) => void;

/** What the network needs of the world. */
export interface NetworkWorld {
  readonly decisions: Decisions;
  node(name: string): Node | undefined;
  /** An event for whichever process runs on `to` when the time comes. */
  scheduleFor(
    to: Node,
    timeUs: number,
    kind: EventKind,
    source: number,
    run: (receiver: Incarnation) => void,
  ): void;
}

/** The network as one incarnation sees it. */
export class EnvNetwork implements Network {
  readonly #caller: Caller & { readonly node: Node };
  readonly #world: NetworkWorld;
  readonly #handlers: Map<number, Handler> = new Map();
  readonly #links: Map<string, Link> = new Map();

  constructor(caller: Caller & { readonly node: Node }, world: NetworkWorld) {
    this.#caller = caller;
    this.#world = world;
  }

  send<T>(to: string, type: MessageType<T>, value: T): void {
    this.#caller.enter();
    const peer = this.#world.node(to);
    if (peer === undefined) return;
    const link = this.#link(peer);
    // Encoded where it is sent: an encoder that throws is the sender's mistake, and later changes don't count.
    const frame = this.#goesThroughCodec(link) ? type.encode(value) : undefined;
    const from = this.#caller.node.name;
    const atUs = this.#caller.nowUs() + LATENCY_US;
    this.#world.scheduleFor(peer, atUs, DELIVER, link.hash, (receiver) => {
      const arrived = frame === undefined ? { value } : decoded(type, frame);
      if (arrived !== undefined) receiver.network.arrive(from, type.id, arrived.value);
    });
  }

  receive<T>(type: MessageType<T>, handler: (from: string, value: T) => void): void {
    this.#caller.enter();
    this.#handlers.set(type.id, handler as Handler);
  }

  /** Runs this incarnation's handler for a message, if it has one. */
  arrive(from: string, typeId: number, value: unknown): void {
    this.#handlers.get(typeId)?.(from, value);
  }

  #link(peer: Node): Link {
    let link = this.#links.get(peer.name);
    if (link === undefined) {
      link = { peer: peer.index, hash: finalize(fold(this.#caller.node.hash, peer.hash)), sends: 0 };
      this.#links.set(peer.name, link);
    }
    return link;
  }

  #goesThroughCodec(link: Link): boolean {
    const { node, incarnation } = this.#caller;
    return (
      this.#world.decisions.bits(CODEC_SAMPLE, node.index, link.peer, link.sends++, incarnation) %
        CODEC_EVERY ===
      0
    );
  }
}

/** A message that its type does not understand is lost, as on a real network. */
function decoded<T>(type: MessageType<T>, frame: Uint8Array): { readonly value: T } | undefined {
  try {
    return { value: type.decode(frame) };
  } catch (error) {
    if (error instanceof SeedstormError) return undefined;
    throw error;
  }
}

interface Link {
  readonly peer: number;
  readonly hash: number;
  sends: number;
}
