/** The repro files of a whole batch: for each failure, that of the shard which has its first seed. */
import { join } from "node:path";
import { ReportNotWritten } from "#reports/atomic-file.js";
import type { FailureGroup } from "#reports/tally.js";
import { isSameRun, ReproStore, type CorpusEntry, type Recorded } from "../corpus/index.js";
import { failureKeyOf, type Repro } from "../repro/index.js";
import type { ShardResult } from "./shards.js";

/** Below a directory that `--out` names. */
export const REPROS = "repros";

/**
 * Puts a copy of each into `store`; what came of it, by the failure's key. A file that is missing or damaged is
 * said to be, and no more: the verdict does not rest on it. Throws `ReportNotWritten`.
 */
export function gatherRepros(
  shards: readonly ShardResult[],
  failures: readonly FailureGroup[],
  store: ReproStore,
): Map<string, Recorded> {
  const known = new Map<ShardResult, CorpusEntry[]>();
  const recorded = new Map<string, Recorded>();
  for (const { key, first } of failures) {
    const shard = shardOfSeed(shards, first[0]!.seed);
    let entries = known.get(shard);
    if (entries === undefined) known.set(shard, (entries = entriesOf(shard)));
    const entry = entries.find(({ repro }) => failureKeyOf(repro.failure) === key);
    recorded.set(
      key,
      entry === undefined
        ? { reason: `there is none in ${shard.directory}` }
        : { path: stored(store, shard.facts.scenario, entry.repro) },
    );
  }
  return recorded;
}

/**
 * The scenario may not be here to run, so a file that is there already is only kept where it is of the same run:
 * otherwise that of the shard goes beside it.
 */
function stored(store: ReproStore, scenarioName: string, repro: Repro): string {
  const same = store.known(scenarioName, repro.failure).find((there) => isSameRun(there.repro, repro));
  return same?.path ?? store.add(scenarioName, repro);
}

/** `shards`: all of a batch, in their order. */
function shardOfSeed(shards: readonly ShardResult[], seed: number): ShardResult {
  const { range, shard } = shards[0]!.facts;
  return shards[(seed - range.first) % shard.of]!;
}

function entriesOf({ directory }: ShardResult): CorpusEntry[] {
  try {
    return new ReproStore(join(directory, REPROS)).entries(() => undefined);
  } catch (error) {
    // It is not there, is no directory, or can't be read.
    if (error instanceof ReportNotWritten) return [];
    throw error;
  }
}
