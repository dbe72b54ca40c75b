/**
 * The event queue: a 4-ary heap ordered by (time, tie, id). The keys that decide almost every comparison, the
 * times, lie in a typed array of their own.
 *
 * Cancelling only marks the event; marked ones are swept out once they are the majority. Popping leaves a hole
 * at the root, which the next push fills: an event that schedules its successor, the common case, then costs
 * one pass through the heap instead of two.
 */
import { assert } from "#engines/env/index.js";
import type { EventKind } from "./events.js";
import type { Message } from "./network/message.js";
import type { Incarnation, Node } from "./process.js";

/** One scheduled event. Also the handle that cancels it. */
export class Event {
  /** Changes only while the event is in no queue: a paused process puts it off. */
  timeUs: number;
  /** Orders events of one time across sources; equal within a source, where the id decides. */
  tie: number;
  /** Sequence number in its run, from 1. */
  id: number;
  /** Id of the event whose handling scheduled this one; 0 for none. */
  readonly cause: number;
  /** Whose event it is. Undefined for the world's own, and for a message until it arrives. */
  owner: Incarnation | undefined;
  /** For a message: where it goes. Whoever runs there when it arrives becomes its owner. */
  target: Node | undefined;
  readonly kind: EventKind;
  readonly sizeBytes: number;
  /** The message that arrives with it, where somebody traces the run. */
  message: Message | undefined;
  /** What happens, given the owner. Undefined once it has happened, or the event was cancelled. */
  run: ((owner: Incarnation | undefined) => void) | undefined;

  constructor(
    timeUs: number,
    tie: number,
    id: number,
    cause: number,
    owner: Incarnation | undefined,
    kind: EventKind,
    sizeBytes: number,
    run: (owner: Incarnation | undefined) => void,
  ) {
    this.timeUs = timeUs;
    this.tie = tie;
    this.id = id;
    this.cause = cause;
    this.owner = owner;
    this.target = undefined;
    this.message = undefined;
    this.kind = kind;
    this.sizeBytes = sizeBytes;
    this.run = run;
  }
}

const INITIAL_CAPACITY = 64;
const ARITY_SHIFT = 2;
/** Below this many cancelled events a sweep is not worth its walk. */
const SWEEP_MIN = 64;

export class EventQueue {
  #times: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #events: (Event | undefined)[] = [];
  #length = 0;
  #cancelled = 0;
  /** The root was popped and nothing took its place yet. */
  #hole = false;

  /** Events that wait and were not cancelled. */
  get size(): number {
    return this.#length - this.#cancelled - (this.#hole ? 1 : 0);
  }

  push(event: Event): void {
    if (this.#hole) {
      this.#hole = false;
      this.#siftDown(0, event);
      return;
    }
    if (this.#length === this.#times.length) this.#grow();
    this.#siftUp(this.#length++, event);
  }

  /** The next event, or undefined where none is left. */
  pop(): Event | undefined {
    for (;;) {
      this.#fillHole();
      if (this.#length === 0) return undefined;
      const event = this.#events[0]!;
      this.#hole = true;
      if (event.run !== undefined) return event;
      this.#cancelled--;
    }
  }

  /** Takes a waiting event out. The caller knows that it waits: neither popped nor cancelled before. */
  cancel(event: Event): void {
    assert(event.run !== undefined, "an event is cancelled once");
    event.run = undefined;
    this.#cancelled++;
    if (this.#cancelled >= SWEEP_MIN && this.#cancelled * 2 > this.#length) this.#sweep(() => true);
  }

  /** Takes out every event of a dead incarnation: far timers would pin its memory. */
  cancelOwnedBy(owner: Incarnation): void {
    this.#sweep((event) => event.owner !== owner);
  }

  #sweep(keep: (event: Event) => boolean): void {
    this.#fillHole();
    const kept: Event[] = [];
    for (let i = 0; i < this.#length; i++) {
      const event = this.#events[i]!;
      if (event.run === undefined) continue;
      if (keep(event)) kept.push(event);
      else event.run = undefined;
    }
    this.#cancelled = 0;
    this.#events.length = 0;
    this.#length = 0;
    for (const event of kept) this.push(event);
  }

  #fillHole(): void {
    if (!this.#hole) return;
    this.#hole = false;
    const last = this.#events[--this.#length]!;
    this.#events[this.#length] = undefined;
    if (this.#length > 0) this.#siftDown(0, last);
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
  }

  #siftUp(index: number, event: Event): void {
    const times = this.#times;
    const events = this.#events;
    const timeUs = event.timeUs;
    while (index > 0) {
      const parent = (index - 1) >> ARITY_SHIFT;
      const parentTimeUs = times[parent]!;
      if (parentTimeUs < timeUs || (parentTimeUs === timeUs && before(events[parent]!, event))) break;
      times[index] = parentTimeUs;
      events[index] = events[parent];
      index = parent;
    }
    times[index] = timeUs;
    events[index] = event;
  }

  #siftDown(index: number, event: Event): void {
    const times = this.#times;
    const events = this.#events;
    const length = this.#length;
    const timeUs = event.timeUs;
    for (;;) {
      const first = (index << ARITY_SHIFT) + 1;
      if (first >= length) break;
      const end = Math.min(first + 4, length);
      let least = first;
      let leastTimeUs = times[first]!;
      for (let child = first + 1; child < end; child++) {
        const childTimeUs = times[child]!;
        if (
          childTimeUs < leastTimeUs ||
          (childTimeUs === leastTimeUs && before(events[child]!, events[least]!))
        ) {
          least = child;
          leastTimeUs = childTimeUs;
        }
      }
      if (timeUs < leastTimeUs || (timeUs === leastTimeUs && before(event, events[least]!))) break;
      times[index] = leastTimeUs;
      events[index] = events[least];
      index = least;
    }
    times[index] = timeUs;
    events[index] = event;
  }
}

/** The order of two events of one time. */
function before(a: Event, b: Event): boolean {
  return a.tie < b.tie || (a.tie === b.tie && a.id < b.id);
}
