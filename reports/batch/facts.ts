/** What a batch was, beside what came of its seeds; and the one word for how it ended. */
import type { RunInput } from "../failure-line.js";
import type { BatchTally } from "../tally.js";
import type { RateData } from "./rate-series.js";

/** What the reports on a batch need beside the tally. */
export interface BatchFacts {
  readonly input: RunInput;
  /** The scenario's own name. */
  readonly scenario: string;
  /** Of Seedstorm. */
  readonly version: string;
  readonly mustReach: readonly string[];
  /** From how many seeds on coverage is judged. */
  readonly coverageSeeds: number;
  /** Whether to judge the coverage of a smaller batch too, where all of it ran. */
  readonly requireCoverage: boolean;
  /** The seeds that were asked for, both included, over all shards. No `last` where only time ends the batch. */
  readonly range: { readonly first: number; readonly last?: number };
  /** Which part of that this is, `index` from 1. */
  readonly shard: { readonly index: number; readonly of: number };
  /**
   * The seeds that are done: `count` of them from `first` on, each `stride` after the one before. Where shards
   * were joined that did not all run to their end, some among these.
   */
  readonly seeds: { readonly first: number; readonly stride: number; readonly count: number };
  readonly end: "complete" | "time is up" | "interrupted";
  /** Wall-clock time; of joined shards, the longest. */
  readonly wallMs: number;
  /** Of joined shards, the sum. */
  readonly workers: number;
  readonly rate: RateData;
  /** Why the batch is vacuous; empty where it is not, or was not judged. */
  readonly vacuous: readonly string[];
  readonly judged: boolean;
  /** What running the seeds a second time gave, where that was asked for. */
  readonly verify?: VerifyFacts;
}

export interface VerifyFacts {
  /** Seeds with the same trace both times. */
  readonly same: number;
  /** The first seed with another trace. */
  readonly divergent?: number;
}

/** In the order in which one outweighs the next: what was cut short by hand proves nothing. */
export type BatchVerdict = "interrupted" | "not deterministic" | "broken" | "vacuous" | "held";

export function batchVerdict(tally: BatchTally, facts: BatchFacts): BatchVerdict {
  if (facts.end === "interrupted") return "interrupted";
  if (facts.verify?.divergent !== undefined) return "not deterministic";
  if (tally.failing > 0) return "broken";
  return facts.vacuous.length > 0 ? "vacuous" : "held";
}
