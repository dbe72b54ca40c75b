/**
 * A trace for ShiViz (bestchai.bitbucket.io/shiviz), as its page takes a file: the regular expression that
 * parses an event, an empty line (there is one execution), then an event a line with its vector clock. The clocks
 * follow from the messages: a host's clock counts its events, and an arrival takes over the sender's.
 */
import { assert } from "#engines/env/index.js";
import type { Run } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { clockTime } from "../format.js";
import { printable } from "../printable.js";
import { RunEnd, type Moment } from "./run-end.js";
import type { TracedRun, TraceWriter } from "./writer.js";

/** The named groups that ShiViz asks for, and the time, which it shows beside the event. */
export const SHIVIZ_PARSER: string = String.raw`(?<time>\S+) (?<host>\S+) (?<clock>\{.*?\}) (?<event>.*)`;

/** ShiViz draws a few thousand events; a run has disks and timers beside them. */
const MAX_EVENTS = 2_000;
const WINDOW_RECORDS = 20_000;

type Clock = ReadonlyMap<string, number>;

export class ShivizTraceWriter implements TraceWriter {
  readonly #end: RunEnd;

  constructor(about: TracedRun) {
    this.#end = new RunEnd(about.scenario, WINDOW_RECORDS);
  }

  onRun(run: Run): void {
    this.#end.onRun(run);
  }

  head(): string {
    return `${SHIVIZ_PARSER}\n\n`;
  }

  record(record: TraceRecord): string {
    this.#end.add(record);
    return "";
  }

  tail(): string {
    return eventLines(this.#end.moments().slice(-MAX_EVENTS));
  }
}

function eventLines(moments: readonly Moment[]): string {
  /** Of each host, after its latest event. */
  const clocks = new Map<string, Clock>();
  /** Of each event, which may have sent messages. */
  const atEvents = new Map<number, Clock>();
  let text = "";
  for (const moment of moments) {
    const { timeUs, node, id } = moment;
    const clock = new Map(clocks.get(node));
    const own = (clock.get(node) ?? 0) + 1;
    if (moment.kind === "arrival") {
      // What was sent before the first event shown is not known here.
      for (const [host, count] of atEvents.get(moment.sentIn) ?? []) {
        clock.set(host, Math.max(count, clock.get(host) ?? 0));
      }
    }
    assert((clock.get(node) ?? 0) < own, "nobody knows of an event of a host before the host has it");
    clock.set(node, own);
    clocks.set(node, clock);
    if (!atEvents.has(id)) atEvents.set(id, clock);
    text += `${clockTime(timeUs)} ${hostName(node)} ${clockText(clock)} ${printable(eventText(moment))}\n`;
  }
  return text;
}

function eventText(moment: Moment): string {
  switch (moment.kind) {
    case "arrival":
      return `${moment.label} from ${moment.from}`;
    case "loss":
      return `lost: ${moment.label} to ${moment.to} (${moment.why})`;
    case "cause":
    case "note":
      return moment.label;
    default:
      return moment satisfies never;
  }
}

function clockText(clock: Clock): string {
  return JSON.stringify(Object.fromEntries([...clock].map(([host, count]) => [hostName(host), count])));
}

/** One word, and nothing that would end the clock early. */
function hostName(node: string): string {
  return printable(node).replaceAll(/[\s{}]/g, "_");
}
