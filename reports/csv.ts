/**
 * One row a seed (d3-dsv). The columns: scenario, seed, verdict, invariant, traceHash, events, simTimeUs, then
 * the figures that any seed counted.
 */
import { csvFormatRow } from "d3-dsv";
import { finished, type SeedReport } from "./seed-report.js";

/** What a row needs of a seed. */
export type SeedRow = Pick<
  SeedReport,
  "scenario" | "seed" | "verdict" | "findings" | "traceHash" | "events" | "simTimeUs" | "counts"
>;

/** The columns that every file has, in this order. */
export const FIXED_COLUMNS: readonly string[] = [
  "scenario",
  "seed",
  "verdict",
  "invariant",
  "traceHash",
  "events",
  "simTimeUs",
];

/** The header, with its newline. */
export function csvHeader(figures: readonly string[]): string {
  return `${csvFormatRow([...FIXED_COLUMNS, ...figures])}\n`;
}

/** The row of one seed, with its newline. A seed that never ended has no figures. */
export function csvRow(report: SeedRow, figures: readonly string[]): string {
  const { scenario, seed, verdict, traceHash, events, simTimeUs, counts } = report;
  const invariant = report.findings[0]?.invariant ?? "";
  const ended = finished(report);
  const row = [scenario, seed, verdict, invariant, traceHash, ended ? events : "", ended ? simTimeUs : ""];
  const cells = figures.map((figure) => (ended ? (counts[figure] ?? 0) : ""));
  return `${csvFormatRow([...row, ...cells].map(String))}\n`;
}
