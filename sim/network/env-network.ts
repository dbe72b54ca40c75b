/** The network as one incarnation sees it. */
import { SeedstormError, type MessageType, type Network } from "#engines/env/index.js";
import { site } from "../decisions.js";
import type { Incarnation } from "../process.js";
import type { Link } from "./link.js";
import { fingerprintOf, Message } from "./message.js";
import type { SimNetwork } from "./sim-network.js";

const CODEC_SAMPLE = site("network/codec-sample");
/** One message in so many goes through its codec. */
const CODEC_EVERY = 16;

interface Listener {
  readonly type: MessageType<unknown>;
  readonly handler: (from: string, value: unknown) => void;
}

/** What this incarnation sends over one link. */
interface Outgoing {
  readonly link: Link;
  sends: number;
}

export class EnvNetwork implements Network {
  readonly #self: Incarnation;
  readonly #network: SimNetwork;
  readonly #listeners: Map<number, Listener> = new Map();
  readonly #outgoing: Map<string, Outgoing> = new Map();

  constructor(self: Incarnation, network: SimNetwork) {
    this.#self = self;
    this.#network = network;
  }

  send<T>(to: string, type: MessageType<T>, value: T): void {
    const self = this.#self;
    self.enter();
    const outgoing = this.#outgoing.get(to) ?? this.#open(to);
    if (outgoing === undefined) return;
    const { link } = outgoing;
    const number = outgoing.sends++;
    const anyType = type as MessageType<unknown>;
    const message = new Message(
      link,
      anyType,
      value,
      self.version,
      this.#goesThroughCodec(link, number),
      this.#network.checkPayloads ? fingerprintOf(anyType, value) : undefined,
      this.#network.world.currentEventId,
    );
    link.send(message, number, self.incarnation, self.nowUs());
  }

  receive<T>(type: MessageType<T>, handler: (from: string, value: T) => void): void {
    this.#self.enter();
    this.#listeners.set(type.id, { type, handler } as Listener);
  }

  /** Runs this incarnation's handler for a message. False where it has none, or does not understand it. */
  arrive(message: Message): boolean {
    const listener = this.#listeners.get(message.type.id);
    if (listener === undefined) return false;
    if (!this.#isUnchanged(message)) return false;
    const { link } = message;
    let value = message.value;
    if (message.viaCodec || message.version !== this.#self.version) {
      // By its own codec, which may be of another version than the sender's.
      const decoded = decode(listener.type, message.bytes());
      if (decoded === undefined) {
        link.loseUndecoded(message);
        return false;
      }
      value = decoded.value;
    }
    if (!link.isLoopback) this.#network.counts.delivered++;
    listener.handler(link.from.name, value);
    return this.#isUnchanged(message);
  }

  #open(to: string): Outgoing | undefined {
    const peer = this.#network.world.node(to);
    if (peer === undefined) return undefined;
    const link = this.#network.link(this.#self.node, peer);
    link.open();
    const outgoing = { link, sends: 0 };
    this.#outgoing.set(to, outgoing);
    return outgoing;
  }

  #goesThroughCodec(link: Link, number: number): boolean {
    const { node, incarnation, version } = this.#self;
    const peer = link.to.incarnation;
    if (peer !== undefined && peer.version !== version) return true;
    const { decisions } = this.#network.world;
    return decisions.bits(CODEC_SAMPLE, node.index, link.to.index, number, incarnation) % CODEC_EVERY === 0;
  }

  /** The value is immutable from `send` on: whoever changes it changes what others have or will get. */
  #isUnchanged(message: Message): boolean {
    if (message.isUnchanged()) return true;
    this.#network.world.fail(
      "network/payload-changed",
      `${message.link.name}: the value of a ${message.type.name} was changed after it had been sent`,
    );
    return false;
  }
}

/** Undefined for bytes that the type does not understand: the message is lost, as on a real network. */
function decode(type: MessageType<unknown>, bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: type.decode(bytes) };
  } catch (error) {
    if (error instanceof SeedstormError) return undefined;
    throw error;
  }
}
