import type { TraceRecord } from "#sim/trace.js";
import { causeOf } from "./causes.js";
import { EventIndex } from "./event-index.js";

/** One of two traces from where they part. Read one instant after the other. */
export class TraceRest {
  readonly #records: Iterator<TraceRecord>;
  #next: IteratorResult<TraceRecord>;
  /** What nodes did at this instant. */
  readonly #queues: Map<string, TraceRecord[]> = new Map();
  /** Events by their number, from 0 on from where the traces part. */
  readonly #events: EventIndex = new EventIndex();
  /** Of each of these events. */
  readonly #nodes: string[] = [];
  /** Where messages came from that were sent while both traces were the same, by the event of their arrival. */
  readonly #senders: Map<number, string> = new Map();
  /** From which event on a node does otherwise. */
  readonly #otherwise: Map<string, number> = new Map();

  constructor(records: Iterator<TraceRecord>) {
    this.#records = records;
    this.#next = records.next();
  }

  /** Of the next record; Infinity at the end. */
  get timeUs(): number {
    return this.#next.done === true ? Infinity : this.#next.value.timeUs;
  }

  /** The records of this time, none where the next one is later. */
  *at(timeUs: number): Generator<TraceRecord> {
    for (; this.timeUs === timeUs; this.#next = this.#records.next()) {
      const record = this.#next.value as TraceRecord;
      if (record.type === "event") this.#index(record);
      yield record;
    }
  }

  /** Keeps it until its node is compared. */
  queue(record: TraceRecord): void {
    const queue = this.#queues.get(record.node);
    if (queue === undefined) this.#queues.set(record.node, [record]);
    else queue.push(record);
  }

  /** What was kept of a node. */
  take(node: string): readonly TraceRecord[] {
    const queue = this.#queues.get(node) ?? [];
    this.#queues.delete(node);
    return queue;
  }

  /** Notes that a node does otherwise: from this record on or, where it does nothing here, from now on. */
  mark(node: string, record: TraceRecord | undefined): void {
    const number = record === undefined ? this.#nodes.length : (this.#events.numberOf(record.id) ?? 0);
    this.#otherwise.set(node, number);
  }

  /** The nearest other node on the chain of causes that did otherwise by then. */
  originOf(record: TraceRecord): string | undefined {
    let last = record.id;
    for (let id = causeOf(record); ; id = this.#events.causeOf(id)) {
      const number = this.#events.numberOf(id);
      if (number === undefined) break;
      const node = this.#nodes[number]!;
      if (node !== record.node && number >= (this.#otherwise.get(node) ?? Infinity)) return node;
      last = id;
    }
    // Before the traces part, only what was sent in the very last event may be on one side alone.
    const sender = this.#senders.get(last);
    return sender !== undefined && sender !== record.node && this.#otherwise.has(sender) ? sender : undefined;
  }

  #index({ id, cause, node, message }: TraceRecord): void {
    if (message !== undefined && this.#events.numberOf(cause) === undefined) {
      this.#senders.set(id, message.from);
    }
    this.#events.put(id, cause, this.#nodes.push(node) - 1);
  }
}
