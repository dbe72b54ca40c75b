/**
 * One directed link: from one machine to another, whichever processes run there. Messages arrive in the order
 * in which they were sent, unless `message-reorder` takes one out of the line; a copy made by
 * `message-duplicate` comes later, outside of the line. Links know nothing of each other.
 */
import { assert, assertDurationUs } from "#engines/env/index.js";
import { eventKind, type EventKind } from "../events.js";
import type { Fault } from "../faults/index.js";
import { finalize, fold, hashText } from "../hash.js";
import type { Incarnation, Node } from "../process.js";
import { FRAME_HEADER_BYTES, frameOf, isIntact } from "./frame.js";
import { Line } from "./line.js";
import { COPY_DELAY, type SendId } from "./link-faults.js";
import type { Message, Trip } from "./message.js";
import type { SimNetwork } from "./sim-network.js";

export const DELIVER: EventKind = eventKind("network/deliver");
const LOST = eventKind("network/lost");

/** Why nothing passes: a fault, or, without one, the script of the scenario. */
export interface Cut {
  readonly fault: Fault | undefined;
}

export class Link {
  readonly from: Node;
  readonly to: Node;
  readonly name: string;
  readonly hash: number;
  readonly isLoopback: boolean;
  readonly #network: SimNetwork;
  readonly #line: Line;
  #cuts: readonly Cut[] = [];
  /** No fault of the network strikes here, now or later. */
  #calm: boolean;
  /** Nothing can happen to a message but its arrival after the least latency. */
  #plain = false;
  #opened = false;
  #sent = 0;
  /** Of the messages that arrived the one that was sent last. */
  #furthest: Trip | undefined;

  constructor(network: SimNetwork, from: Node, to: Node, calm: boolean) {
    this.from = from;
    this.to = to;
    this.name = `${from.name} -> ${to.name}`;
    this.hash = finalize(fold(from.hash, to.hash));
    this.isLoopback = from === to;
    this.#network = network;
    this.#line = new Line(network, this);
    this.#calm = calm;
    this.#settle();
  }

  get isCut(): boolean {
    return this.#cuts.length > 0;
  }

  /** Whether no fault of the network strikes here any more. */
  get isCalm(): boolean {
    return this.#calm;
  }

  /** To be called before the first message: strikes what strikes a link once. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    if (!this.#calm && !this.isLoopback) this.#line.open();
  }

  /** From now on nothing passes, also not what is on the wire. */
  addCut(cut: Cut): void {
    if (!this.#cuts.includes(cut)) this.#cuts = [...this.#cuts, cut];
    this.#settle();
  }

  /** Without effect where it is not there. */
  removeCut(cut: Cut): void {
    this.#cuts = this.#cuts.filter((other) => other !== cut);
    this.#settle();
  }

  /** Ends what is wrong with this link, for good; what waits on it arrives. */
  heal(): void {
    this.#calm = true;
    this.#cuts = [];
    this.#line.heal();
    this.#settle();
  }

  /** A clog that there is now never ends: it turns into a cut. */
  freeze(): void {
    const fault = this.#line.clog?.faultAt(this.#network.world.nowUs);
    if (fault !== undefined) this.addCut({ fault });
  }

  /** Puts the message on the wire, or loses it. `nowUs` is the time as the sender sees it; see `SendId`. */
  send(message: Message, number: number, incarnation: number, nowUs: number): void {
    const network = this.#network;
    if (!this.isLoopback) network.counts.sent++;
    if (this.#plain && (!network.isWatched || this.isLoopback)) {
      this.schedule(message, this.#line.inLine(nowUs + network.profile.minLatencyUs));
    } else this.#transmit(message, { number, incarnation }, nowUs);
  }

  /** The receiver does not understand the message. */
  loseUndecoded(message: Message): void {
    this.#lose(message, "codec", undefined);
  }

  /** The message is on the wire and arrives at this time. For the parts of a link only. */
  schedule(message: Message, atUs: number): void {
    message.event = this.#network.world.scheduleFor(this.to, atUs, DELIVER, this.hash, (receiver) =>
      this.#arrive(message, receiver),
    );
    if (this.#network.world.isTraced) message.event.message = message;
  }

  /** The message, which is on the wire, arrives at this time instead. For the parts of a link only. */
  reschedule(message: Message, atUs: number): void {
    this.#network.world.cancel(message.event!);
    this.schedule(message, atUs);
  }

  /** The message has come to the machine of the receiver, where this process runs, or none. */
  #arrive(message: Message, receiver: Incarnation | undefined): void {
    if (this.#cuts.length > 0) {
      this.#loseToCuts(message);
      return;
    }
    if (receiver === undefined) return;
    const { trip } = message;
    if (trip !== undefined) this.#noteOrder(trip);
    // While a process boots, nobody listens yet.
    const isHandled = receiver.network?.arrive(message) ?? false;
    if (isHandled) trip?.duplicate?.changed();
  }

  #settle(): void {
    const { profile, faults } = this.#network;
    const isPerfect =
      profile.meanLatencyUs === 0 && profile.bandwidthBytesPerS === 0 && profile.queueMessages === 0;
    this.#plain = this.isLoopback || (isPerfect && this.#cuts.length === 0 && (this.#calm || !faults.any));
  }

  #transmit(message: Message, id: SendId, nowUs: number): void {
    const network = this.#network;
    if (network.countBytes) network.counts.bytes += FRAME_HEADER_BYTES + message.bytes().length;
    const verdict = network.filter?.(this.from.name, this.to.name, message.type, message.value) ?? "deliver";
    if (verdict === "drop") this.#lose(message, "filter", undefined);
    else if (this.#cuts.length > 0) this.#loseToCuts(message);
    else if (verdict !== "deliver") {
      assertDurationUs(verdict);
      this.schedule(message, nowUs + verdict);
    } else if (!this.#calm && this.#strikesDown(message, id)) return;
    else this.#forward(message, id, nowUs);
  }

  /** Whether a fault loses the message on the way. */
  #strikesDown(message: Message, id: SendId): boolean {
    const { faults } = this.#network;
    const loss = faults.loses ? faults.strike("message-loss", this, id) : undefined;
    if (loss !== undefined) {
      this.#lose(message, loss.kind, loss);
      return true;
    }
    const damage = faults.corrupts ? faults.strike("message-corrupt", this, id) : undefined;
    if (damage === undefined) return false;
    const frame = frameOf(message.type.id, message.bytes());
    const at = faults.detail(frame.length, "message-corrupt", this, id, 1);
    frame[at]! ^= 1 + faults.detail(255, "message-corrupt", this, id, 2);
    // A CRC finds every change within 32 bits in a row: one byte is always found.
    assert(!isIntact(frame), "the checksum of a frame finds a changed byte");
    this.#lose(message, damage.kind, damage);
    return true;
  }

  /** Lets the message arrive in its time, and perhaps once more. */
  #forward(message: Message, id: SendId, nowUs: number): void {
    const full = this.#line.full();
    if (full !== undefined) {
      this.#lose(message, "link-overflow", full.fault);
      return;
    }
    const { faults } = this.#network;
    const reorder = !this.#calm && faults.reorders ? faults.strike("message-reorder", this, id) : undefined;
    const order = ++this.#sent;
    message.trip = { order, sentUs: nowUs, reorder, duplicate: undefined };
    const atUs = this.#line.arrivalUs(message, id, nowUs, this.#calm, reorder);
    this.#putOnWire(message, atUs);
    const duplicate =
      !this.#calm && faults.duplicates ? faults.strike("message-duplicate", this, id) : undefined;
    if (duplicate === undefined) return;
    duplicate.reached();
    const copyAtUs = atUs + faults.delayUs(COPY_DELAY, this, id);
    this.#putOnWire(message.copy({ order, sentUs: nowUs, reorder: undefined, duplicate }), copyAtUs);
  }

  #putOnWire(message: Message, atUs: number): void {
    this.schedule(message, atUs);
    this.#line.wire?.add(message);
  }

  /** Where a message arrives behind one that was sent later, one of the two was taken out of the line. */
  #noteOrder(trip: Trip): void {
    if (trip.duplicate !== undefined) return;
    if (this.#furthest === undefined || trip.order > this.#furthest.order) this.#furthest = trip;
    else (trip.reorder ?? this.#furthest.reorder)?.changed();
  }

  #loseToCuts(message: Message): void {
    const [cut] = this.#cuts;
    this.#lose(message, cut!.fault?.kind ?? "cut", cut!.fault);
    for (const { fault } of this.#cuts.slice(1)) this.#credit(fault);
  }

  /** The message never arrives. */
  #lose(message: Message, why: string, fault: Fault | undefined): void {
    const network = this.#network;
    if (!this.isLoopback) network.counts.lost++;
    this.#credit(fault);
    network.world.lost(LOST, fold(this.hash, hashText(why)), fault?.id ?? why, message);
  }

  /** A fault that loses a message changes something where somebody would have received it. */
  #credit(fault: Fault | undefined): void {
    fault?.reached();
    if (this.to.up) fault?.changed();
  }
}
