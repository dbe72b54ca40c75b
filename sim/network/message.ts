/** One message on its way. The value itself is handed over, but where it has to go through its codec. */
import type { MessageType } from "#engines/env/index.js";
import type { Fault } from "../faults/index.js";
import { fold, hashBytes } from "../hash.js";
import type { Event } from "../queue.js";
import type { Link } from "./link.js";

/** What a link that is not perfect notes about a message. */
export interface Trip {
  /** Place among all messages of the link, from 1. */
  readonly order: number;
  /** As the sender saw the time. */
  readonly sentUs: number;
  /** What took it out of the line. */
  readonly reorder: Fault | undefined;
  /** What made this copy of another message. */
  readonly duplicate: Fault | undefined;
}

export class Message {
  readonly link: Link;
  readonly type: MessageType<unknown>;
  readonly value: unknown;
  /** Program version of the sender. */
  readonly version: number;
  /** Whether the receiver gets what its codec makes of the bytes, whatever its version. */
  readonly viaCodec: boolean;
  /** Of the value as it was sent; undefined where payloads are not checked. */
  readonly fingerprint: number | undefined;
  /** Id of the event in which it was sent. */
  readonly sentIn: number;
  trip: Trip | undefined;
  /** Its arrival. */
  event: Event | undefined;
  #bytes: Uint8Array | undefined;

  constructor(
    link: Link,
    type: MessageType<unknown>,
    value: unknown,
    version: number,
    viaCodec: boolean,
    fingerprint: number | undefined,
    sentIn: number,
  ) {
    this.link = link;
    this.type = type;
    this.value = value;
    this.version = version;
    this.viaCodec = viaCodec;
    this.fingerprint = fingerprint;
    this.sentIn = sentIn;
    this.trip = undefined;
    this.event = undefined;
    this.#bytes = undefined;
    // Encoded where it is sent: an encoder that throws is the sender's mistake, and later changes don't count.
    if (viaCodec) this.bytes();
  }

  /** What its codec makes of the value; made once. */
  bytes(): Uint8Array {
    return (this.#bytes ??= this.type.encode(this.value));
  }

  /** Another message with the same content. */
  copy(trip: Trip): Message {
    const { link, type, value, version, viaCodec, fingerprint, sentIn } = this;
    const copy = new Message(link, type, value, version, viaCodec, fingerprint, sentIn);
    copy.trip = trip;
    return copy;
  }

  /** Whether it was sent, and neither lost nor arrived at the machine of the receiver. */
  get onWire(): boolean {
    // An event gets its owner on arrival, and loses what it runs once it has run or was cancelled.
    return this.event?.run !== undefined && this.event.owner === undefined;
  }

  /** Whether the value is still what was sent. Always true where payloads are not checked. */
  isUnchanged(): boolean {
    if (this.fingerprint === undefined) return true;
    try {
      return fingerprintOf(this.type, this.value) === this.fingerprint;
    } catch {
      // It could be encoded when it was sent.
      return false;
    }
  }
}

/** A digest of the bytes that the value is now. */
export function fingerprintOf(type: MessageType<unknown>, value: unknown): number {
  const bytes = type.encode(value);
  return fold(hashBytes(bytes), bytes.length);
}
