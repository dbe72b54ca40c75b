/** `seedstorm merge`: the shards of a batch as if it had run at once. */
import { join } from "node:path";
import { annotations } from "#reports/batch/annotations.js";
import { batchVerdict } from "#reports/batch/facts.js";
import { summaryJsonLine } from "#reports/batch/summary-json.js";
import { BatchFiles } from "#reports/batch-files.js";
import { failureListing, summaryText } from "#reports/summary.js";
import { wantsAnnotations } from "../annotations.js";
import { VERDICT_EXIT } from "../judge.js";
import { recordedLines, ReproStore } from "../corpus/index.js";
import {
  gatherRepros,
  joinShards,
  readShards,
  REPROS,
  rowsInOrder,
  type JoinedBatch,
  type ShardResult,
} from "../merge/index.js";
import type { Output } from "../output.js";

export interface MergeArguments {
  /** What `run --out` wrote, one for each shard. */
  readonly directories: readonly string[];
  readonly out?: string;
  readonly annotations?: string;
  readonly json?: boolean;
}

/**
 * Joins the shards and gives the exit code of the whole batch. Throws `UsageError` where they are not all the
 * shards of one batch, `ReportNotRead` for a file that is none of theirs, `ReportNotWritten`.
 */
export function merge(args: MergeArguments, output: Output): number {
  const annotated = wantsAnnotations(args.annotations);
  const shards = readShards(args.directories, output.program);
  const { tally, facts } = joinShards(shards);
  const notes = write(args.out, shards, { tally, facts }, output.program);
  const json = args.json === true;
  if (json) output.out(summaryJsonLine(tally, facts));
  const say = (text: string): void => (json ? output.err(text) : output.out(text));
  say(failureListing(tally, facts.input));
  say(summaryText(tally, facts, json ? output.errPalette : output.outPalette, notes));
  if (annotated) say(annotations(tally, facts));
  return VERDICT_EXIT[batchVerdict(tally, facts)];
}

/**
 * Writes the files of the whole batch, where they go anywhere; what there is to say of repro files, by the
 * failure's key. The rows of the shards are read, and so checked, in any case.
 */
function write(
  out: string | undefined,
  shards: readonly ShardResult[],
  { tally, facts }: JoinedBatch,
  program: string,
): Map<string, readonly string[]> {
  if (out === undefined) {
    for (const row of rowsInOrder(shards)) void row;
    return new Map();
  }
  const files = new BatchFiles(out);
  try {
    for (const row of rowsInOrder(shards)) files.add(row);
    const recorded = gatherRepros(shards, tally.failures(), new ReproStore(join(out, REPROS)));
    files.finish(tally, facts);
    return new Map([...recorded].map(([key, each]) => [key, recordedLines(each, program)]));
  } finally {
    files.discard();
  }
}
