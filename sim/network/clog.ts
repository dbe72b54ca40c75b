/** A link that stalls: what is on the wire waits, with all that follows, and then flows in its order. */
import { eventKind } from "../events.js";
import type { Fault } from "../faults/index.js";
import type { Link } from "./link.js";
import { CLOG_LENGTH, type SendId } from "./link-faults.js";
import type { SimNetwork } from "./sim-network.js";
import type { Wire } from "./wire.js";

const CLOGGED = eventKind("network/clogged");
/** A shorter one is none. */
const CLOG_MIN_US = 1_000;

export class Clog {
  readonly #network: SimNetwork;
  readonly #link: Link;
  readonly #wire: Wire;
  #fault: Fault | undefined;
  #untilUs = 0;

  constructor(network: SimNetwork, link: Link, wire: Wire) {
    this.#network = network;
    this.#link = link;
    this.#wire = wire;
  }

  /** What clogs the link at this time. */
  faultAt(nowUs: number): Fault | undefined {
    return nowUs < this.#untilUs ? this.#fault : undefined;
  }

  /** Asks whether the link gets clogged when this message is sent. */
  strike(id: SendId, nowUs: number): void {
    if (this.faultAt(nowUs) !== undefined) return;
    const { faults, world } = this.#network;
    const fault = faults.strike("link-clog", this.#link, id);
    if (fault === undefined) return;
    const lengthUs = CLOG_MIN_US + faults.delayUs(CLOG_LENGTH, this.#link, id);
    this.#fault = fault;
    this.#untilUs = nowUs + lengthUs;
    world.effect(CLOGGED, 0, lengthUs, () => `${this.#link.name} for ${lengthUs} us`);
    for (const message of this.#wire.inOrder()) {
      const atUs = message.event!.timeUs;
      const passesUs = this.passes(atUs, nowUs);
      if (passesUs !== atUs) this.#link.reschedule(message, passesUs);
    }
  }

  /** When a message arrives that would arrive at `atUs`, were there no clog. */
  passes(atUs: number, nowUs: number): number {
    const fault = this.faultAt(nowUs);
    if (fault === undefined || atUs >= this.#untilUs) return atUs;
    fault.changed();
    return this.#untilUs;
  }

  end(): void {
    this.#untilUs = 0;
  }
}
