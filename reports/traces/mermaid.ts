/**
 * A trace as a sequence diagram in Mermaid (mermaid.js.org), for an issue or a document: the last messages of the
 * run, those that were lost, what befell the nodes and what they became.
 */
import type { Run } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { clockTime } from "../format.js";
import { printable } from "../printable.js";
import type { SeedReport } from "../seed-report.js";
import { RunEnd, type Moment } from "./run-end.js";
import type { TracedRun, TraceWriter } from "./writer.js";

/** Nobody reads more, and Mermaid refuses a text of more than 50,000 characters. */
const MAX_LINES = 200;
const WINDOW_RECORDS = 10_000;
const MAX_LABEL_CHARS = 80;

export class MermaidTraceWriter implements TraceWriter {
  readonly #end: RunEnd;

  constructor(about: TracedRun) {
    this.#end = new RunEnd(about.scenario, WINDOW_RECORDS);
  }

  onRun(run: Run): void {
    this.#end.onRun(run);
  }

  head(): string {
    return "sequenceDiagram\n";
  }

  record(record: TraceRecord): string {
    this.#end.add(record);
    return "";
  }

  tail({ findings: [finding] }: SeedReport): string {
    const moments = this.#end.moments().filter(({ kind }) => kind !== "cause");
    const shown = moments.slice(-MAX_LINES);
    const lines = shown.map(momentLine);
    if (shown.length < moments.length) lines.unshift(note([nodesOf(shown)[0]!], "... earlier ones left out"));
    if (finding !== undefined && shown.length > 0) {
      const nodes = nodesOf(shown);
      const over = nodes.includes(finding.node) ? [finding.node] : [nodes[0]!, nodes.at(-1)!];
      lines.push(note(over, `${clockTime(finding.timeUs)} ${finding.invariant}`));
    }
    const participants = nodesOf(shown).map((node) => `participant ${idOf(node)} as ${escaped(node)}`);
    return [...participants, ...lines].map((line) => `  ${line}\n`).join("");
  }
}

/** By name, so that the same nodes stand in the same order in two diagrams. */
function nodesOf(moments: readonly Moment[]): string[] {
  const names = new Set<string>();
  for (const moment of moments) {
    names.add(moment.node);
    if (moment.kind === "arrival") names.add(moment.from);
    if (moment.kind === "loss") names.add(moment.to);
  }
  return [...names].toSorted();
}

function momentLine(moment: Moment): string {
  const time = clockTime(moment.timeUs);
  const node = idOf(moment.node);
  switch (moment.kind) {
    case "arrival":
      return `${idOf(moment.from)}->>${node}: ${escaped(`${moment.label} ${time}`)}`;
    case "loss":
      return `${node}-x${idOf(moment.to)}: ${escaped(`${moment.label} ${time} (${moment.why})`)}`;
    case "cause":
    case "note":
      return note([moment.node], `${time} ${moment.label}`);
    default:
      return moment satisfies never;
  }
}

function note(over: readonly string[], text: string): string {
  return `Note over ${[...new Set(over)].map(idOf).join(",")}: ${escaped(text)}`;
}

/** A name of the user's could be a keyword, such as `end`. */
function idOf(node: string): string {
  return `n_${node.replaceAll(/\W/g, (character) => `_${character.codePointAt(0)!.toString(16)}_`)}`;
}

/** `#` and `;` have a meaning of their own, `<` would begin a tag. */
function escaped(text: string): string {
  const cut = text.length > MAX_LABEL_CHARS ? `${text.slice(0, MAX_LABEL_CHARS)}...` : text;
  return printable(cut).replaceAll(/[#;<>]/g, (character) => `#${character.codePointAt(0)!};`);
}
