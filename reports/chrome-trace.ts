/**
 * A trace for Perfetto (ui.perfetto.dev) and chrome://tracing, in the Trace Event Format: a node is a process,
 * an incarnation a thread, an event a slice, an effect an instant, and what a node did because of another one
 * an arrow.
 */
import type { TraceRecord } from "#sim/trace.js";

/** One entry of `traceEvents`. Times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: "X" | "i" | "s" | "f" | "M";
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly [field: string]: unknown;
}

interface Place {
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

/** An event takes no simulated time; a slice needs some width to be seen, and neighbours must not overlap. */
const SLICE_NS = 1;
const NS_PER_US = 1_000;

/** Turns the records of a run, in order, into the pieces of a trace file. */
export class ChromeTraceWriter {
  readonly #pids: Map<string, number> = new Map();
  readonly #threads: Set<string> = new Set();
  readonly #events: Map<number, Place> = new Map();
  #place: Place = { pid: 0, tid: 0, ts: 0 };
  #timeUs = 0;
  #sliceInTime = 0;
  #first = true;

  /** The beginning of the file. */
  head(): string {
    return '{"displayTimeUnit":"ms","traceEvents":[';
  }

  /** The piece for one record. */
  record(record: TraceRecord): string {
    return record.type === "event" ? this.#event(record) : this.#effect(record);
  }

  /** The end of the file. */
  tail(): string {
    return "\n]}\n";
  }

  #event(record: TraceRecord): string {
    const { pid, tid, named } = this.#thread(record);
    if (record.timeUs === this.#timeUs) this.#sliceInTime++;
    else [this.#timeUs, this.#sliceInTime] = [record.timeUs, 0];
    const offsetNs = Math.min(this.#sliceInTime * SLICE_NS, NS_PER_US - SLICE_NS);
    this.#place = { pid, tid, ts: record.timeUs + offsetNs / NS_PER_US };
    this.#events.set(record.id, this.#place);
    const slice: TraceEvent = {
      name: record.kind,
      cat: "event",
      ph: "X",
      ...this.#place,
      dur: SLICE_NS / NS_PER_US,
      args: { id: record.id, cause: record.cause, sizeBytes: record.sizeBytes },
    };
    return named + this.#piece(slice) + this.#arrow(record);
  }

  #effect(record: TraceRecord): string {
    return this.#piece({
      name: record.kind,
      cat: "effect",
      ph: "i",
      ...this.#place,
      s: "t",
      args: { event: record.id, sizeBytes: record.sizeBytes, detail: record.detail },
    });
  }

  #arrow(record: TraceRecord): string {
    const from = this.#events.get(record.cause);
    if (from === undefined || from.pid === this.#place.pid) return "";
    const arrow = { name: record.kind, cat: "cause", id: record.id };
    return (
      this.#piece({ ...arrow, ph: "s", ...from }) +
      this.#piece({ ...arrow, ph: "f", bp: "e", ...this.#place })
    );
  }

  /** Where a record belongs, and the pieces that name its node and incarnation where they are new. */
  #thread(record: TraceRecord): { pid: number; tid: number; named: string } {
    let named = "";
    let pid = this.#pids.get(record.node);
    if (pid === undefined) {
      pid = this.#pids.size;
      this.#pids.set(record.node, pid);
      named += this.#name("process_name", pid, 0, record.node === "" ? "world" : record.node);
    }
    const tid = record.incarnation;
    const thread = `${pid}/${tid}`;
    if (!this.#threads.has(thread)) {
      this.#threads.add(thread);
      named += this.#name("thread_name", pid, tid, record.node === "" ? "world" : `incarnation ${tid}`);
    }
    return { pid, tid, named };
  }

  #name(kind: string, pid: number, tid: number, name: string): string {
    return this.#piece({ name: kind, cat: "__metadata", ph: "M", ts: 0, pid, tid, args: { name } });
  }

  #piece(event: TraceEvent): string {
    const separator = this.#first ? "\n" : ",\n";
    this.#first = false;
    return separator + JSON.stringify(event);
  }
}

/** The whole trace of a list of records. */
export function chromeTrace(records: Iterable<TraceRecord>): string {
  const writer = new ChromeTraceWriter();
  let text = writer.head();
  for (const record of records) text += writer.record(record);
  return text + writer.tail();
}
