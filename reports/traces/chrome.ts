/**
 * A trace for Perfetto (ui.perfetto.dev) and chrome://tracing, in the Trace Event Format: a node is a process
 * with a thread for its status and one for each incarnation; an event is a slice, an effect and a fault an
 * instant, a message an arrow with the name of its type.
 */
import { assert } from "#engines/env/index.js";
import type { Fault } from "#sim/faults/index.js";
import type { Run } from "#sim/scenario.js";
import type { MessageRecord, TraceRecord } from "#sim/trace.js";
import { plainValue, type PlainLimits } from "../recording/index.js";
import { EventPlaces, type Place } from "./event-places.js";
import { messageLabel } from "./message-label.js";
import { RunWatch, type StatusChange } from "./run-watch.js";
import type { TracedRun, TraceWriter } from "./writer.js";

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

/** The status of a node, until it changes or the process ends. */
interface OpenStatus extends StatusChange {
  readonly pid: number;
  readonly ts: number;
}

/** An event takes no simulated time; a slice needs some width to be seen, and neighbours must not overlap. */
const SLICE_NS = 1;
const NS_PER_US = 1_000;
/** Incarnations count from 1; the world's own events, which have none, are in a process without statuses. */
const STATUS_TID = 0;
const VALUE: PlainLimits = { depth: 3, elements: 8, chars: 80 };

export class ChromeTraceWriter implements TraceWriter {
  readonly #watch: RunWatch | undefined;
  readonly #pids: Map<string, number> = new Map();
  readonly #threads: Set<string> = new Set();
  readonly #events: EventPlaces = new EventPlaces();
  readonly #statuses: Map<string, OpenStatus> = new Map();
  #place: Place = { pid: 0, tid: 0, ts: 0 };
  #timeUs = 0;
  #sliceInTime = 0;
  #first = true;

  /** Without `about` it shows what the records say, and neither statuses nor faults. */
  constructor(about?: TracedRun) {
    this.#watch = about === undefined ? undefined : new RunWatch(about.scenario);
  }

  onRun(run: Run): void {
    this.#watch?.onRun(run);
  }

  head(): string {
    return '{"displayTimeUnit":"ms","traceEvents":[';
  }

  record(record: TraceRecord): string {
    const before = this.#watched();
    return before + (record.type === "event" ? this.#event(record) : this.#effect(record));
  }

  tail(): string {
    let text = this.#watched();
    for (const status of this.#statuses.values()) text += this.#statusSlice(status);
    return `${text}\n]}\n`;
  }

  /** What came of the records so far, in the place of the last event. */
  #watched(): string {
    if (this.#watch === undefined) return "";
    let text = "";
    for (const fault of this.#watch.takeFaults()) text += this.#fault(fault);
    for (const change of this.#watch.takeStatuses()) text += this.#status(change);
    for (const [node, status] of this.#statuses) {
      if (status.by.alive) continue;
      this.#statuses.delete(node);
      text += this.#statusSlice(status);
    }
    return text;
  }

  #event(record: TraceRecord): string {
    const { pid, named } = this.#process(record.node);
    const thread = this.#thread(pid, record.incarnation, record.node === "" ? "world" : undefined);
    if (record.timeUs === this.#timeUs) this.#sliceInTime++;
    else [this.#timeUs, this.#sliceInTime] = [record.timeUs, 0];
    const offsetNs = Math.min(this.#sliceInTime * SLICE_NS, NS_PER_US - SLICE_NS);
    this.#place = { pid, tid: record.incarnation, ts: record.timeUs + offsetNs / NS_PER_US };
    this.#events.put(record.id, this.#place);
    const slice: TraceEvent = {
      name: record.kind,
      cat: "event",
      ph: "X",
      ...this.#place,
      dur: SLICE_NS / NS_PER_US,
      args: {
        id: record.id,
        cause: record.cause,
        sizeBytes: record.sizeBytes,
        ...(record.detail === "" ? {} : { detail: record.detail }),
        ...valueOf(record.message),
      },
    };
    return named + thread + this.#piece(slice) + this.#arrow(record);
  }

  #effect(record: TraceRecord): string {
    const { message } = record;
    return this.#piece({
      name: message === undefined ? record.kind : `lost: ${messageLabel(message)}`,
      cat: "effect",
      ph: "i",
      ...this.#place,
      s: "t",
      args: {
        event: record.id,
        sizeBytes: record.sizeBytes,
        detail: record.detail,
        ...valueOf(message),
      },
    });
  }

  /** From the event that sent the message or, where there is none, from one of another node that is the cause. */
  #arrow(record: TraceRecord): string {
    const { message } = record;
    const from = this.#events.get(message?.sentIn ?? record.cause);
    if (from === undefined || (message === undefined && from.pid === this.#place.pid)) return "";
    const arrow =
      message === undefined
        ? { name: record.kind, cat: "cause", id: record.id }
        : { name: messageLabel(message), cat: "message", id: record.id };
    return (
      this.#piece({ ...arrow, ph: "s", ...from }) +
      this.#piece({ ...arrow, ph: "f", bp: "e", ...this.#place })
    );
  }

  #fault({ id, kind, node, target, timeUs }: Fault): string {
    const { pid, named } = this.#process(node);
    const thread = this.#thread(pid, STATUS_TID, node === "" ? "world" : "status");
    const fault = { name: kind, cat: "fault", ph: "i", ts: timeUs, pid, tid: STATUS_TID } as const;
    return named + thread + this.#piece({ ...fault, s: "p", args: { id, target } });
  }

  #status(change: StatusChange): string {
    const node = change.by.node.name;
    const { pid, named } = this.#process(node);
    const thread = this.#thread(pid, STATUS_TID, "status");
    const before = this.#statuses.get(node);
    const { ts } = this.#place;
    this.#statuses.set(node, { ...change, pid, ts });
    return named + thread + (before === undefined ? "" : this.#statusSlice(before));
  }

  /** It ends where the last event is. One that ends where it began was never seen by another node. */
  #statusSlice({ pid, ts, status, id }: OpenStatus): string {
    const durNs = Math.round((this.#place.ts - ts) * NS_PER_US);
    assert(durNs >= 0, "a status does not end before it begins");
    if (durNs === 0) return "";
    const dur = durNs / NS_PER_US;
    const slice = { name: status, cat: "status", ph: "X", ts, dur, pid, tid: STATUS_TID } as const;
    return this.#piece({ ...slice, args: { event: id } });
  }

  /** The process of a node, and the pieces that name it where it is new. */
  #process(node: string): { pid: number; named: string } {
    const known = this.#pids.get(node);
    if (known !== undefined) return { pid: known, named: "" };
    const pid = this.#pids.size;
    this.#pids.set(node, pid);
    const index = node === "" ? -1 : (this.#watch?.run?.world.node(node)?.index ?? pid);
    const named =
      this.#metadata("process_name", pid, 0, { name: node === "" ? "world" : node }) +
      this.#metadata("process_sort_index", pid, 0, { sort_index: index });
    return { pid, named };
  }

  /** The piece that names a thread where it is new. */
  #thread(pid: number, tid: number, name: string = `incarnation ${tid}`): string {
    const thread = `${pid}/${tid}`;
    if (this.#threads.has(thread)) return "";
    this.#threads.add(thread);
    return this.#metadata("thread_name", pid, tid, { name });
  }

  #metadata(name: string, pid: number, tid: number, args: object): string {
    return this.#piece({ name, cat: "__metadata", ph: "M", ts: 0, pid, tid, args });
  }

  #piece(event: TraceEvent): string {
    const separator = this.#first ? "\n" : ",\n";
    this.#first = false;
    return separator + JSON.stringify(event);
  }
}

function valueOf(message: MessageRecord | undefined): object {
  if (message === undefined) return {};
  const value = plainValue(message.value, VALUE);
  return value === undefined ? {} : { message: value };
}
