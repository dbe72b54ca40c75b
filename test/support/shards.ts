/** Shards of made-up batches, written as `run --out` writes them, and the merge of them in this process. */
import { join } from "node:path";
import type { BatchFacts } from "#reports/batch/facts.js";
import { BatchFiles } from "#reports/batch-files.js";
import { seedRow } from "#reports/csv.js";
import { PLAIN } from "#reports/palette.js";
import type { SeedReport } from "#reports/seed-report.js";
import { BatchTally } from "#reports/tally.js";
import { merge } from "#runner/commands/merge.js";
import type { Output } from "#runner/output.js";
import { batchFacts } from "./reports.js";

/** What a shard did: the seeds that `facts` say, each with the report that `reportOf` gives. */
export function writeShard(
  directory: string,
  facts: Partial<BatchFacts> & Pick<BatchFacts, "seeds">,
  reportOf: (seed: number) => SeedReport,
): string {
  const files = new BatchFiles(directory);
  const tally = new BatchTally();
  for (let i = 0; i < facts.seeds.count; i++) {
    const report = reportOf(facts.seeds.first + i * facts.seeds.stride);
    tally.add(report);
    files.add(seedRow(report));
  }
  files.finish(tally, batchFacts(facts));
  return directory;
}

/** `seedstorm merge` with `--out` below `parent`: its exit code and all that it says, also piece by piece. */
export function mergeInto(
  parent: string,
  directories: readonly string[],
  onText: (text: string) => void = () => {},
): { code: number; out: string } {
  let out = "";
  const say = (text: string): void => {
    out += text;
    onText(text);
  };
  const output: Output = {
    out: say,
    err: say,
    outPalette: PLAIN,
    errPalette: PLAIN,
    errTerminal: undefined,
    program: "seedstorm",
  };
  const args = { directories, annotations: "none", out: join(parent, "merged") };
  return { code: merge(args, output), out };
}
