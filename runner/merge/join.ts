/** The tally and the facts of a whole batch from those of its shards. */
import type { BatchFacts, VerifyFacts } from "#reports/batch/facts.js";
import { RateSeries } from "#reports/batch/rate-series.js";
import { BatchTally } from "#reports/tally.js";
import { WHOLE } from "../input/shard.js";
import { judgeCoverage } from "../judge.js";
import type { ShardResult } from "./shards.js";

/** A batch whose shards were joined. */
export interface JoinedBatch {
  readonly tally: BatchTally;
  readonly facts: BatchFacts;
}

/** `shards`: all of a batch, as `readShards` gives them. */
export function joinShards(shards: readonly ShardResult[]): JoinedBatch {
  const tally = new BatchTally();
  const rate = new RateSeries();
  for (const shard of shards) {
    tally.join(shard.tally);
    rate.join(shard.facts.rate);
  }
  const all = shards.map(({ facts }) => facts);
  const [first] = all;
  const end = endOf(all);
  const verify = verifyOf(all);
  const whole = end === "complete" && verify?.divergent === undefined;
  const { input, scenario, version, mustReach, coverageSeeds, requireCoverage, range } = first!;
  const asked = { mustReach, coverageSeeds, requireCoverage };
  return {
    tally,
    facts: {
      input,
      scenario,
      version,
      ...asked,
      range,
      shard: WHOLE,
      seeds: { first: range.first, stride: 1, count: span(all) },
      end,
      wallMs: Math.max(...all.map(({ wallMs }) => wallMs)),
      workers: all.reduce((sum, { workers }) => sum + workers, 0),
      rate: rate.data(),
      ...judgeCoverage(tally.seeds, tally.coverage, asked, whole),
      ...(verify === undefined ? {} : { verify }),
    },
  };
}

/** The batch is as far from its end as the shard that is farthest from it. */
function endOf(all: readonly BatchFacts[]): BatchFacts["end"] {
  const ends = all.map(({ end }) => end);
  if (ends.includes("interrupted")) return "interrupted";
  return ends.includes("time is up") ? "time is up" : "complete";
}

/** As of the whole batch, which would have stopped at the first seed that diverged. */
function verifyOf(all: readonly BatchFacts[]): VerifyFacts | undefined {
  const verified = all.flatMap(({ verify }) => (verify === undefined ? [] : [verify]));
  if (verified.length === 0) return undefined;
  const divergent = verified.flatMap((facts) => facts.divergent ?? []);
  const same = verified.reduce((sum, facts) => sum + facts.same, 0);
  return { same, ...(divergent.length === 0 ? {} : { divergent: Math.min(...divergent) }) };
}

/** From the first seed of the batch to the last that any shard ended. */
function span(all: readonly BatchFacts[]): number {
  const ends = all
    .filter(({ seeds }) => seeds.count > 0)
    .map(({ seeds }) => seeds.first + seeds.stride * (seeds.count - 1));
  return ends.length === 0 ? 0 : Math.max(...ends) - all[0]!.range.first + 1;
}
