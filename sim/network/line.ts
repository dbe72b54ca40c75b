/** The line of messages of one link: how wide it is, how long it may get, how long a message takes in it. */
import { site } from "../decisions.js";
import type { Fault } from "../faults/index.js";
import { Clog } from "./clog.js";
import { FRAME_HEADER_BYTES } from "./frame.js";
import type { Link } from "./link.js";
import { HOLD_BACK, LINK_ID, SLOWNESS, type SendId } from "./link-faults.js";
import type { Message } from "./message.js";
import type { SimNetwork } from "./sim-network.js";
import { Wire } from "./wire.js";

const LATENCY = site("network/latency");
const US_PER_S = 1_000_000;
/** Narrow links carry this much, times a power of two below 512: up to 4 MB/s. */
const NARROW_BYTES_PER_S = 16_384;
const NARROW_DOUBLINGS = 9;
/** Bounded queues hold this many messages, times a power of two below 64: up to 128. */
const QUEUE_MIN = 4;
const QUEUE_DOUBLINGS = 6;
/** What counts as much slower than it would have been, as for a slow disk. */
const MUCH_SLOWER = 10;

/** A limit of the link, 0 for none, and the fault that made it tighter than the profile has it. */
interface Limit {
  readonly value: number;
  readonly fault: Fault | undefined;
}

export class Line {
  readonly wire: Wire | undefined;
  readonly clog: Clog | undefined;
  readonly #network: SimNetwork;
  readonly #link: Link;
  /** When the last one in line arrives. */
  #lastArrivalUs = 0;
  /** When the last one that was sent has left. */
  #busyUntilUs = 0;
  #bytesPerS: Limit;
  #queueMessages: Limit;

  constructor(network: SimNetwork, link: Link) {
    this.#network = network;
    this.#link = link;
    const { profile, faults } = network;
    this.#bytesPerS = { value: profile.bandwidthBytesPerS, fault: undefined };
    this.#queueMessages = { value: profile.queueMessages, fault: undefined };
    if (faults.any || profile.queueMessages > 0) this.wire = new Wire();
    if (faults.clogs) this.clog = new Clog(network, link, this.wire!);
  }

  /** Strikes what strikes a link once. */
  open(): void {
    const { faults } = this.#network;
    const link = this.#link;
    if (faults.narrows) {
      const fault = faults.strike("bandwidth", link, LINK_ID);
      const drawn = NARROW_BYTES_PER_S << faults.detail(NARROW_DOUBLINGS, "bandwidth", link, LINK_ID);
      this.#bytesPerS = tightened(this.#bytesPerS, drawn, fault);
    }
    if (faults.bounds) {
      const fault = faults.strike("link-overflow", link, LINK_ID);
      const drawn = QUEUE_MIN << faults.detail(QUEUE_DOUBLINGS, "link-overflow", link, LINK_ID);
      this.#queueMessages = tightened(this.#queueMessages, drawn, fault);
    }
  }

  /** From now on the line is as the profile has it, and what is on the wire arrives as if it were sent now. */
  heal(): void {
    const { profile, world } = this.#network;
    this.#bytesPerS = { value: profile.bandwidthBytesPerS, fault: undefined };
    this.#queueMessages = { value: profile.queueMessages, fault: undefined };
    this.clog?.end();
    if (this.wire === undefined) return;
    let atUs = world.nowUs + profile.minLatencyUs;
    for (const message of this.wire.inOrder()) {
      // A sender that is paused has sent some at the end of its pause, which is yet to come.
      atUs = Math.max(atUs, message.trip!.sentUs + profile.minLatencyUs);
      if (message.event!.timeUs > atUs) this.#link.reschedule(message, atUs);
    }
    this.#lastArrivalUs = Math.min(this.#lastArrivalUs, atUs);
    this.#busyUntilUs = 0;
  }

  /** The arrival of a message in line that takes until `atUs` by itself. */
  inLine(atUs: number): number {
    if (atUs > this.#lastArrivalUs) this.#lastArrivalUs = atUs;
    return this.#lastArrivalUs;
  }

  /** Why there is no room for one more message; undefined where there is. */
  full(): Limit | undefined {
    const limit = this.#queueMessages;
    return limit.value > 0 && this.wire!.holds(limit.value) ? limit : undefined;
  }

  /** When the message arrives, sent now, in line or, by `reorder`, out of it. */
  arrivalUs(message: Message, id: SendId, nowUs: number, calm: boolean, reorder: Fault | undefined): number {
    const { faults, profile } = this.#network;
    const leavesUs = this.#leavesUs(message, nowUs);
    let latencyUs = this.#latencyUs(id);
    if (!calm && faults.slows) latencyUs += this.#slownessUs(latencyUs, id);
    if (!calm) this.clog?.strike(id, nowUs);
    if (reorder !== undefined) {
      reorder.reached();
      // Past those before it, where there are any, or back behind some that come after it.
      const isAhead = faults.detail(2, "message-reorder", this.#link, id) === 0;
      latencyUs = isAhead ? profile.minLatencyUs : latencyUs + faults.delayUs(HOLD_BACK, this.#link, id);
    }
    const atUs = leavesUs + latencyUs;
    const passesUs = this.clog?.passes(atUs, nowUs) ?? atUs;
    return reorder === undefined ? this.inLine(passesUs) : passesUs;
  }

  /** When all of the message is on the wire. */
  #leavesUs(message: Message, nowUs: number): number {
    const { value, fault } = this.#bytesPerS;
    if (value === 0) return nowUs;
    const startsUs = Math.max(nowUs, this.#busyUntilUs);
    fault?.reached();
    if (startsUs > nowUs) fault?.changed();
    const sizeBytes = FRAME_HEADER_BYTES + message.bytes().length;
    this.#busyUntilUs = startsUs + Math.ceil((sizeBytes * US_PER_S) / value);
    return this.#busyUntilUs;
  }

  #latencyUs(id: SendId): number {
    const { profile, world } = this.#network;
    if (profile.meanLatencyUs === 0) return profile.minLatencyUs;
    const { from, to } = this.#link;
    const drawnUs = world.decisions.exponential(
      profile.meanLatencyUs,
      LATENCY,
      from.index,
      to.index,
      id.number,
      id.incarnation,
    );
    return Math.max(profile.minLatencyUs, drawnUs);
  }

  #slownessUs(latencyUs: number, id: SendId): number {
    const { faults } = this.#network;
    const fault = faults.strike("slow-link", this.#link, id);
    if (fault === undefined) return 0;
    const byUs = faults.delayUs(SLOWNESS, this.#link, id);
    if (byUs > 0) fault.reached();
    if (latencyUs + byUs >= MUCH_SLOWER * latencyUs) fault.changed();
    return byUs;
  }
}

function tightened(limit: Limit, value: number, fault: Fault | undefined): Limit {
  return fault !== undefined && (limit.value === 0 || value < limit.value) ? { value, fault } : limit;
}
