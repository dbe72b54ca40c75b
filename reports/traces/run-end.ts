/** The end of a run, for diagrams that can't show all of it: a run ends with its failure, so that is where it is. */
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { messageLabel } from "./message-label.js";
import { RunWatch, statusLine } from "./run-watch.js";
import type { StatusLine } from "./lines.js";

/** Something that a diagram of nodes and messages shows. */
export type Moment = {
  readonly timeUs: number;
  /** Whose it is. */
  readonly node: string;
  /** Of the event. */
  readonly id: number;
} & (
  | { readonly kind: "arrival"; readonly from: string; readonly label: string; readonly sentIn: number }
  /** `why` is a fault, or a word such as `cut`. */
  | { readonly kind: "loss"; readonly to: string; readonly label: string; readonly why: string }
  /** Something of which no more is known than that a message was sent in it. */
  | { readonly kind: "cause"; readonly label: string }
  /** What befell the node, or what it became. */
  | { readonly kind: "note"; readonly label: string }
);

/** Kinds of record that are worth a note. What a fault does beyond them shows as a message that is lost. */
const NOTES: ReadonlyMap<string, (record: TraceRecord) => string> = new Map([
  ["process/boot", ({ incarnation }) => `starts${incarnation === 1 ? "" : ` again (${incarnation})`}`],
  ["process/struck", ({ detail }) => detail],
  ["process/pause", ({ detail }) => detail],
]);

/** Collects the records of a run and what nodes became, and drops all but the last of them. */
export class RunEnd {
  readonly #watch: RunWatch;
  readonly #most: number;
  #lines: (TraceRecord | StatusLine)[] = [];

  /** Keeps at least `most` records, and at most twice as many. */
  constructor(scenario: Scenario, most: number) {
    this.#watch = new RunWatch(scenario);
    this.#most = most;
  }

  onRun(run: Run): void {
    this.#watch.onRun(run);
  }

  add(record: TraceRecord): void {
    this.#addStatuses();
    this.#lines.push(record);
    // Dropped in one go, so that each record is moved once on average.
    if (this.#lines.length >= 2 * this.#most) this.#lines = this.#lines.slice(-this.#most);
  }

  /** What there is to show of it, in its order; the world's own events are left out. */
  moments(): Moment[] {
    this.#addStatuses();
    const senders = new Set<number>();
    for (const line of this.#lines) {
      if (line.type !== "status" && line.message !== undefined) senders.add(line.message.sentIn);
    }
    return this.#lines.flatMap((line) => momentOf(line, senders) ?? []);
  }

  #addStatuses(): void {
    for (const change of this.#watch.takeStatuses()) this.#lines.push(statusLine(change));
  }
}

function momentOf(line: TraceRecord | StatusLine, senders: ReadonlySet<number>): Moment | undefined {
  const { timeUs, node, id } = line;
  const at = { timeUs, node, id };
  if (line.type === "status") return { ...at, kind: "note", label: line.status };
  const { message } = line;
  if (message !== undefined) {
    const { from, to, sentIn, lostTo } = message;
    const label = messageLabel(message);
    if (lostTo !== undefined) return { ...at, node: from, kind: "loss", to, label, why: lostTo };
    if (node === "") return { ...at, node: from, kind: "loss", to, label, why: "no process there" };
    return { ...at, kind: "arrival", from, label, sentIn };
  }
  if (node === "") return undefined;
  const note = NOTES.get(line.kind);
  if (note !== undefined) return { ...at, kind: "note", label: note(line) };
  if (line.type === "event" && senders.has(id)) return { ...at, kind: "cause", label: line.kind };
  return undefined;
}
