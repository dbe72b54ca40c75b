/** What two traces say otherwise, in words. */
import { clockTime, duration, plural, thousands } from "#reports/format.js";
import type { Palette } from "#reports/palette.js";
import { printable } from "#reports/printable.js";
import { timelineLine } from "#reports/timeline.js";
import type { FaultLine, OperationLine, StatusLine } from "#reports/traces/index.js";
import { failureKeyOf } from "../repro/index.js";
import type { TraceComparison, TraceFacts } from "./compare.js";
import { differenceLines, type SideMarks } from "./difference-text.js";
import type { OutcomeDifference } from "./outcomes.js";
import type { Side, Sides } from "./sides.js";
import type { NodeDifference } from "./spread.js";

const MARKS: SideMarks = ["A", "B"];
/** Longer lists are cut; `--json` has all of them. */
const MAX_LISTED = 12;

export function comparisonText(
  { sides: [first, second], difference, spread, outcome }: TraceComparison,
  { sides, without }: Sides,
  palette: Palette,
): string {
  const blocks = [
    [...sideLines(0, sides[0], first, palette), ...sideLines(1, sides[1], second, palette)],
    difference === undefined ? [] : differenceLines(difference, MARKS, palette),
    spreadLines(spread, palette),
    faultLines(outcome, without),
    operationLines(outcome),
    statusLines(outcome),
    [conclusion(first, second, difference === undefined, without)],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(""))
    .join("\n");
}

function sideLines(
  side: 0 | 1,
  { name, isRecorded, notes }: Side,
  { header, result }: TraceFacts,
  palette: Palette,
): string[] {
  const found =
    result === undefined
      ? "cut off: it has no result"
      : `${verdictText(result, palette)}  trace ${printable(result.traceHash)}, ${plural(result.events, "event")}, ${clockTime(result.simTimeUs)}`;
  const lines = [
    `${MARKS[side]}  ${printable(name)}  ${found}`,
    ...notes.map((note) => `   ${printable(note)}`),
  ];
  if (isRecorded) {
    const { scenario, seed, seedstorm, node } = header;
    lines.push(`   ${printable(`${scenario}, seed ${seed}, seedstorm ${seedstorm}, Node ${node}`)}`);
  }
  return lines;
}

function verdictText(
  { verdict, findings: [finding] }: NonNullable<TraceFacts["result"]>,
  palette: Palette,
): string {
  if (finding === undefined) return verdict === "pass" ? palette.green("held") : printable(verdict);
  return `${palette.red("FAIL")}  ${printable(failureKeyOf(finding))}`;
}

function spreadLines(spread: readonly NodeDifference[], palette: Palette): string[] {
  const [first] = spread;
  if (first === undefined) return [];
  const lines = ["which nodes did otherwise, in the order in which it shows:"];
  for (const { node, timeUs, first: a, second: b, way } of spread) {
    const later = timeUs === first.timeUs ? "" : `, ${duration(timeUs - first.timeUs)} later`;
    const by = way.length === 0 ? "" : `, by way of ${way.map(printable).join(", ")}`;
    lines.push(`${palette.bold(printable(node))} at ${clockTime(timeUs)}${later}${by}`);
    for (const [side, record] of [a, b].entries()) {
      const done = record === undefined ? "  (nothing more)" : timelineLine(record, palette);
      lines.push(`${MARKS[side]!} ${done}`);
    }
  }
  return lines;
}

/** What was left out on purpose is not told again. */
function faultLines({ faults }: OutcomeDifference, without: Sides["without"]): string[] {
  const leftOut = new Set(without?.ids);
  return faults.flatMap((only, side) => {
    const told = only.filter(({ id }) => !leftOut.has(id));
    if (told.length === 0) return [];
    const lines = told.map(({ id, timeUs, target }: FaultLine) => `${id}  ${clockTime(timeUs)}  ${target}`);
    const others = leftOut.size > 0 ? "other faults" : "faults";
    return [`${others} that struck in ${MARKS[side]!} alone:`, ...listed(lines)];
  });
}

function operationLines({ operations, compared, onlyFirst, onlySecond }: OutcomeDifference): string[] {
  const lines: string[] = [];
  if (operations.length > 0) {
    lines.push(`answered otherwise: ${thousands(operations.length)} of ${plural(compared, "operation")}`);
    lines.push(
      ...listed(
        operations.map(({ client, first, second }) => {
          const asked = first.asked === second.asked ? first.asked : `${first.asked} / ${second.asked}`;
          return `${client}  ${asked}  ${MARKS[0]}: ${answer(first)}  ${MARKS[1]}: ${answer(second)}`;
        }),
      ),
    );
  }
  for (const [mark, count] of [
    [MARKS[0], onlyFirst],
    [MARKS[1], onlySecond],
  ] as const) {
    if (count > 0) lines.push(`${mark} alone came to ${plural(count, "more operation")}`);
  }
  return lines;
}

function answer({ outcome, answered }: OperationLine): string {
  if (outcome === "open") return "no answer";
  return answered === "" ? outcome : answered;
}

function statusLines({ statuses }: OutcomeDifference): string[] {
  if (statuses.length === 0) return [];
  return [
    "what nodes became otherwise:",
    ...listed(
      statuses.flatMap(({ node, first, second, last }) => [
        `${node}  first  ${MARKS[0]}: ${statusText(first)}  ${MARKS[1]}: ${statusText(second)}`,
        ...(last[0]?.status === last[1]?.status
          ? []
          : [`${node}  last   ${MARKS[0]}: ${statusText(last[0])}  ${MARKS[1]}: ${statusText(last[1])}`]),
      ]),
    ),
  ];
}

function statusText(line: StatusLine | undefined): string {
  return line === undefined ? "nothing more" : `${line.status} at ${clockTime(line.timeUs)}`;
}

function listed(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_LISTED).map((line) => `  ${printable(line)}`);
  if (lines.length > shown.length) shown.push(`  ... and ${thousands(lines.length - shown.length)} more`);
  return shown;
}

function conclusion(
  { result: first }: TraceFacts,
  { result: second }: TraceFacts,
  same: boolean,
  without: Sides["without"],
): string {
  if (without === undefined) return same ? "the same" : "not the same";
  const names = printable(without.names.join(", "));
  const what =
    without.ids.length > without.names.length ? `${names} (${plural(without.ids.length, "fault")})` : names;
  if (same) return `without ${what}: nothing changes`;
  const [a, b] = [keyOf(first), keyOf(second)];
  if (b === undefined) return `without ${what}: ${a === undefined ? "it holds too" : "it holds"}`;
  if (a === b) return `without ${what}: it fails all the same`;
  return `without ${what}: it fails${a === undefined ? "" : " otherwise"}, ${b}`;
}

function keyOf(result: TraceFacts["result"]): string | undefined {
  const finding = result?.findings[0];
  return finding === undefined ? undefined : printable(failureKeyOf(finding));
}
