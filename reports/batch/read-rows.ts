/** Reads `seeds.csv` back, row by row. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { csvParseRows } from "d3-dsv";
import { FIXED_COLUMNS, type SeedRow } from "../csv.js";
import type { Verdict } from "../seed-report.js";
import { linesOf } from "../spool.js";
import { ReportNotRead } from "./field.js";
import type { Summary } from "./read-summary.js";

const READ_BYTES = 1 << 16;

/**
 * The rows of the `seeds.csv` that stands beside a summary in `directory`, in their order. Throws
 * `ReportNotRead` where the file is not the one that was written with the summary; that is known before the
 * first row comes.
 */
export function* seedRows(directory: string, { seedsSha256 }: Summary): Generator<SeedRow> {
  const path = join(directory, "seeds.csv");
  if (sha256(path) !== seedsSha256) {
    throw new ReportNotRead(
      path,
      "the file that was written with summary.json",
      "another one, or a part of it",
    );
  }
  const rows = rowsOf(path);
  const figures = (rows.next().value as string[]).slice(FIXED_COLUMNS.length);
  for (const row of rows) yield parseRow(row, figures);
}

function parseRow(cells: readonly string[], figures: readonly string[]): SeedRow {
  const [scenario, seed, verdict, invariant, traceHash, events, simTimeUs, ...counts] = cells;
  return {
    scenario: scenario!,
    seed: Number(seed),
    verdict: verdict as Verdict,
    invariant: invariant!,
    traceHash: traceHash!,
    events: Number(events),
    simTimeUs: Number(simTimeUs),
    counts: Object.fromEntries(figures.map((figure, i) => [figure, Number(counts[i])])),
  };
}

/** A row may go over several lines, where a quoted cell has them. */
function* rowsOf(path: string): Generator<string[]> {
  let open = "";
  for (const line of linesOf(path)) {
    const text = open + line;
    const isWhole = (text.split('"').length - 1) % 2 === 0;
    open = isWhole ? "" : `${text}\n`;
    if (isWhole) yield csvParseRows(text)[0]!;
  }
}

function sha256(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw new ReportNotRead(
      path,
      "a file that can be read",
      (error as NodeJS.ErrnoException).code ?? "an error",
    );
  }
  try {
    const hash = createHash("sha256");
    const bytes = Buffer.alloc(READ_BYTES);
    for (let count = 1; count > 0;) {
      count = readSync(fd, bytes, 0, READ_BYTES, null);
      hash.update(bytes.subarray(0, count));
    }
    return hash.digest("hex");
  } catch (error) {
    throw new ReportNotRead(
      path,
      "a file that can be read",
      (error as NodeJS.ErrnoException).code ?? "an error",
    );
  } finally {
    closeSync(fd);
  }
}
