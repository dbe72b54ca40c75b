/** `seedstorm merge`: the shards of a batch as if it had run at once. */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { ReportNotWritten } from "#reports/atomic-file.js";
import { annotations } from "#reports/batch/annotations.js";
import { batchVerdict } from "#reports/batch/facts.js";
import { summaryJsonLine } from "#reports/batch/summary-json.js";
import { BatchFiles } from "#reports/batch-files.js";
import { failureListing, summaryText } from "#reports/summary.js";
import { wantsAnnotations } from "../annotations.js";
import { UsageError } from "../errors.js";
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
  if (args.out !== undefined) checkOut(args.out, args.directories);
  const shards = readShards(args.directories, output.program);
  const { tally, facts } = joinShards(shards);
  const { notes, error } = write(args.out, shards, { tally, facts }, output.program);
  const json = args.json === true;
  if (json) output.out(summaryJsonLine(tally, facts));
  const say = (text: string): void => (json ? output.err(text) : output.out(text));
  say(failureListing(tally, facts.input));
  say(summaryText(tally, facts, json ? output.errPalette : output.outPalette, notes));
  if (annotated) say(annotations(tally, facts));
  // What the shards found is said in any case: no disk is needed for that.
  if (error !== undefined) throw error;
  return VERDICT_EXIT[batchVerdict(tally, facts)];
}

/** What is written has the names of what is read. Throws `UsageError`. */
function checkOut(out: string, directories: readonly string[]): void {
  if (!existsSync(out)) return;
  const path = realpathSync(out);
  const shard = directories.find((directory) => existsSync(directory) && realpathSync(directory) === path);
  if (shard === undefined) return;
  throw new UsageError("--out", "another directory than the shards'", shard, "choose one of its own");
}

/** What became of the files of the whole batch. */
interface Written {
  /** What there is to say of repro files, by the failure's key. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** Why they could not be written. */
  readonly error?: ReportNotWritten;
}

/**
 * Writes the files of the whole batch, where they go anywhere. The rows of the shards are read, and so checked, in
 * any case. Throws `ReportNotRead`.
 */
function write(
  out: string | undefined,
  shards: readonly ShardResult[],
  { tally, facts }: JoinedBatch,
  program: string,
): Written {
  if (out === undefined) {
    for (const row of rowsInOrder(shards)) void row;
    return { notes: new Map() };
  }
  let files: BatchFiles | undefined;
  try {
    files = new BatchFiles(out);
    for (const row of rowsInOrder(shards)) files.add(row);
    const recorded = gatherRepros(shards, tally.failures(), new ReproStore(join(out, REPROS)));
    files.finish(tally, facts);
    return { notes: new Map([...recorded].map(([key, each]) => [key, recordedLines(each, program)])) };
  } catch (error) {
    if (error instanceof ReportNotWritten) return { notes: new Map(), error };
    throw error;
  } finally {
    files?.discard();
  }
}
