/** The timeline of one seed as text, one record a line, and the finding that ends it. */
import type { TraceRecord } from "#sim/trace.js";
import type { Finding } from "#sim/world.js";
import { clockTime } from "./format.js";
import { printable } from "./printable.js";
import { PLAIN, type Palette } from "./palette.js";

/** The header that `timelineLine` fits under. */
export const TIMELINE_HEADER = "        time  event    process   what                        bytes  detail";

/**
 * Time, event id, node#incarnation, kind, size, detail and the event that caused it. An effect stands
 * indented under its event and repeats neither id nor cause.
 */
export function timelineLine(record: TraceRecord, palette: Palette = PLAIN): string {
  const isEvent = record.type === "event";
  const process = record.node === "" ? "-" : `${printable(record.node)}#${record.incarnation}`;
  const kind = `${isEvent ? "" : "  "}${printable(record.kind)}`;
  const size = record.sizeBytes === 0 ? "" : String(record.sizeBytes);
  const cause = isEvent && record.cause !== 0 ? palette.dim(`<- ${record.cause}`) : "";
  return [
    clockTime(record.timeUs).padStart(12),
    (isEvent ? String(record.id) : "").padEnd(7),
    process.padEnd(8),
    isEvent ? palette.bold(kind.padEnd(24)) : kind.padEnd(24),
    size.padStart(8),
    [printable(record.detail), cause].filter((text) => text !== "").join("  "),
  ]
    .join("  ")
    .trimEnd();
}

/** What was found, where and when, and the stack where there is one. */
export function findingText(finding: Finding, palette: Palette = PLAIN): string {
  const where = finding.node === "" ? "" : ` on ${printable(finding.node)}`;
  const lines = [
    `${palette.red("FAIL")}  ${printable(finding.invariant)}  at ${clockTime(finding.timeUs)}${where}, event ${finding.eventId}`,
    `  ${printable(finding.message)}`,
  ];
  const stack = (finding.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  lines.push(...stack.map((line) => palette.dim(`    ${printable(line.trim())}`)));
  return lines.map((line) => `${line}\n`).join("");
}
