/**
 * One row a seed (d3-dsv), separated by commas or by tabs. The columns: scenario, seed, verdict, invariant,
 * traceHash, events, simTimeUs, then the figures that any seed counted.
 */
import { csvFormatRow, tsvFormatRow } from "d3-dsv";
import { finished, type SeedReport } from "./seed-report.js";

/** What a row says of a seed. */
export interface SeedRow extends Pick<
  SeedReport,
  "scenario" | "seed" | "verdict" | "traceHash" | "events" | "simTimeUs" | "counts"
> {
  /** The broken one; empty where none is. */
  readonly invariant: string;
}

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

/** The two forms of the file, by the ending of its name. */
export type RowFormat = "csv" | "tsv";

const FORMAT_ROW: Readonly<Record<RowFormat, (row: string[]) => string>> = {
  csv: csvFormatRow,
  tsv: tsvFormatRow,
};

/** The row of a seed. */
export function seedRow(report: SeedReport): SeedRow {
  const { scenario, seed, verdict, findings, traceHash, events, simTimeUs, counts } = report;
  const invariant = findings[0]?.invariant ?? "";
  return { scenario, seed, verdict, invariant, traceHash, events, simTimeUs, counts };
}

/** The header, with its newline. */
export function rowsHeader(format: RowFormat, figures: readonly string[]): string {
  return `${FORMAT_ROW[format]([...FIXED_COLUMNS, ...figures])}\n`;
}

/** The row of one seed, with its newline. A seed that never ended has no figures. */
export function rowText(format: RowFormat, row: SeedRow, figures: readonly string[]): string {
  const { scenario, seed, verdict, invariant, traceHash, events, simTimeUs, counts } = row;
  const ended = finished(row);
  const fixed = [scenario, seed, verdict, invariant, traceHash, ended ? events : "", ended ? simTimeUs : ""];
  const cells = figures.map((figure) => (ended ? (counts[figure] ?? 0) : ""));
  return `${FORMAT_ROW[format]([...fixed, ...cells].map(String))}\n`;
}
