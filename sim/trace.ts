/** The trace: a running hash of everything that happens, and the records for whoever wants to look. */
import { finalize, fold } from "./hash.js";
import type { EventKind } from "./events.js";
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
  /** The running hash after this record: where two runs part is where these do. */
  readonly digest: number;
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

  event(event: Event): void {
    const owner = event.owner;
    this.#fold(event.id ^ Math.imul(event.cause, 0x9e3779b1), event.timeUs | 0);
    this.#fold(event.kind.hash ^ (owner === undefined ? 0 : owner.hash), event.sizeBytes);
    if (this.#sink !== undefined) this.#report("event", event, event.kind, event.sizeBytes, "");
  }

  effect(during: Event, kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void {
    this.#fold(kind.hash ^ sizeBytes, digest);
    if (this.#sink !== undefined) this.#report("effect", during, kind, sizeBytes, detail());
  }

  /** The hash so far: 16 hexadecimal digits. */
  hash(): string {
    return hex(finalize(this.#laneA)) + hex(finalize(this.#laneB));
  }

  #fold(a: number, b: number): void {
    this.#laneA = fold(fold(this.#laneA, a), b);
    this.#laneB = fold(this.#laneB ^ b, this.#laneA ^ a);
  }

  #report(type: "event" | "effect", event: Event, kind: EventKind, sizeBytes: number, detail: string): void {
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
      digest: finalize(this.#laneA ^ this.#laneB),
    });
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
