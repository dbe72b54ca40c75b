/** The trace: a running hash of everything that happens, and the records for whoever wants to look. */
import { finalize, fold } from "./hash.js";
import type { EventKind } from "./events.js";
import type { Message } from "./network/message.js";
import type { Event } from "./queue.js";

/** An event as it is handled, or an effect inside one. For people and tools; the hash does not depend on it. */
export interface TraceRecord {
  readonly type: "event" | "effect";
  readonly timeUs: number;
  /** Id of the event; for an effect that of the event it happened in. */
  readonly id: number;
  readonly cause: number;
  /** Empty for the world itself. */
  readonly node: string;
  readonly incarnation: number;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly detail: string;
  /** Of an arrival (`network/deliver`) and a loss (`network/lost`): the message. */
  readonly message?: MessageRecord;
  /** The running hash after this record: where two runs part is where these do. */
  readonly digest: number;
}

/** A message as the trace shows it. */
export interface MessageRecord {
  readonly from: string;
  readonly to: string;
  /** The name of its type. */
  readonly type: string;
  /** What was sent, by reference: not to be changed. */
  readonly value: unknown;
  /** Id of the event in which it was sent. */
  readonly sentIn: number;
  /** Of a loss: a kind of fault, `cut` and `filter` by the scenario, `codec`, or the fault's id where one did it. */
  readonly lostTo?: string;
}

export type TraceSink = (record: TraceRecord) => void;

export class Trace {
  // Two lanes that start apart: 64 bits, so that equal hashes mean equal runs.
  #laneA = 0x243f6a88;
  #laneB = 0x85a308d3;
  #sink: TraceSink | undefined;

  constructor(sink?: TraceSink) {
    this.#sink = sink;
  }

  /** Whether somebody gets the records. */
  get isWatched(): boolean {
    return this.#sink !== undefined;
  }

  event(event: Event): void {
    const owner = event.owner;
    this.#fold(event.id ^ Math.imul(event.cause, 0x9e3779b1), event.timeUs | 0);
    this.#fold(event.kind.hash ^ (owner === undefined ? 0 : owner.hash), event.sizeBytes);
    if (this.#sink === undefined) return;
    const { message } = event;
    if (message === undefined) this.#report("event", event, event.kind, event.sizeBytes, "");
    else {
      const detail = `${message.link.name} ${message.type.name}`;
      this.#report("event", event, event.kind, event.sizeBytes, detail, recordOf(message));
    }
  }

  effect(during: Event, kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void {
    this.#fold(kind.hash ^ sizeBytes, digest);
    if (this.#sink !== undefined) this.#report("effect", during, kind, sizeBytes, detail());
  }

  /** An effect that is the loss of a message. */
  loss(during: Event, kind: EventKind, digest: number, why: string, message: Message): void {
    this.#fold(kind.hash, digest);
    if (this.#sink === undefined) return;
    const detail = `${message.link.name} ${message.type.name}: ${why}`;
    this.#report("effect", during, kind, 0, detail, { ...recordOf(message), lostTo: why });
  }

  /** The hash so far: 16 hexadecimal digits. */
  hash(): string {
    return hex(finalize(this.#laneA)) + hex(finalize(this.#laneB));
  }

  #fold(a: number, b: number): void {
    this.#laneA = fold(fold(this.#laneA, a), b);
    this.#laneB = fold(this.#laneB ^ b, this.#laneA ^ a);
  }

  #report(
    type: "event" | "effect",
    event: Event,
    kind: EventKind,
    sizeBytes: number,
    detail: string,
    message?: MessageRecord,
  ): void {
    this.#sink!({
      type,
      timeUs: event.timeUs,
      id: event.id,
      cause: event.cause,
      node: event.owner?.node.name ?? "",
      incarnation: event.owner?.incarnation ?? 0,
      kind: kind.name,
      sizeBytes,
      detail,
      ...(message === undefined ? {} : { message }),
      digest: finalize(this.#laneA ^ this.#laneB),
    });
  }
}

function recordOf({ link, type, value, sentIn }: Message): MessageRecord {
  return { from: link.from.name, to: link.to.name, type: type.name, value, sentIn };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
