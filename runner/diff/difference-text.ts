/** The first difference of two traces in words. */
import type { TraceRecord } from "#sim/trace.js";
import { plural } from "#reports/format.js";
import { PLAIN, type Palette } from "#reports/palette.js";
import { timelineLine } from "#reports/timeline.js";
import type { TraceDifference } from "./first-difference.js";

/** What stands before the records of each side; both as long. */
export type SideMarks = readonly [first: string, second: string];

/** Lines, without their newlines. */
export function differenceLines(
  { index, before, first, second, causes }: TraceDifference,
  marks: SideMarks,
  palette: Palette = PLAIN,
): string[] {
  const common = " ".repeat(marks[0].length);
  const lines =
    index === 0
      ? ["the two runs differ from their first record on:"]
      : [
          `the first ${plural(index, "record")} ${index === 1 ? "is" : "are"} the same, then the two runs part:`,
        ];
  const show = (mark: string, record: TraceRecord): void =>
    void lines.push(`${mark} ${timelineLine(record, palette)}`);
  for (const record of before) show(common, record);
  for (const [side, records] of [first, second].entries()) {
    if (records.length === 0) lines.push(`${marks[side]!}   (ends here)`);
    for (const record of records) show(marks[side]!, record);
  }
  if (differOutOfSight(first[0], second[0])) {
    lines.push("what differs is in the bytes behind these records: only the running hash tells them apart");
  }
  lines.push(...causesLines(causes, marks, palette));
  return lines;
}

/** Where the second chain runs into the first one it is cut: from there on they are the same. */
function causesLines(
  [ofFirst, ofSecond]: TraceDifference["causes"],
  marks: SideMarks,
  palette: Palette,
): string[] {
  const known = new Set(ofFirst.map(({ id }) => id));
  const joins = ofSecond.findIndex(({ id }) => known.has(id));
  const own = joins === -1 ? ofSecond : ofSecond.slice(0, joins);
  const lines = [...chainLines(ofFirst, marks[0], palette), ...chainLines(own, marks[1], palette)];
  if (joins === -1) return lines;
  const [name, other] = [marks[0].trim(), marks[1].trim()];
  return [
    ...lines,
    `${other} because of ${ofSecond[joins]!.id}${own.length > 0 ? " in turn" : ""}, as ${name}`,
  ];
}

function chainLines(chain: readonly TraceRecord[], mark: string, palette: Palette): string[] {
  if (chain.length === 0) return [];
  return [
    `${mark.trim()} because of these, from the nearest cause back:`,
    ...chain.map((record) => `${mark} ${timelineLine(record, palette)}`),
  ];
}

function differOutOfSight(first: TraceRecord | undefined, second: TraceRecord | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  return JSON.stringify({ ...first, digest: 0 }) === JSON.stringify({ ...second, digest: 0 });
}
