/** Kills a process that appends, again and again on the same files. */
import type { LifeCounts } from "./follower.js";
import { LifeSeries, type KillCounts, type RealFilesFinding, type SeriesOptions } from "./life-series.js";

export interface KillOptions extends SeriesOptions {
  readonly rounds: number;
  /** Told after each round how many there were. */
  readonly onRound?: (rounds: number) => void;
}

export interface KillReport {
  /** Rounds that were finished. */
  readonly rounds: number;
  readonly kills: KillCounts;
  readonly counts: LifeCounts;
  /** The first. Undefined where all held. */
  readonly finding: RealFilesFinding | undefined;
}

/** Ends at the first finding, and where the signal says so. */
export async function killRounds(options: KillOptions): Promise<KillReport> {
  const series = new LifeSeries(options);
  let rounds = 0;
  let finding: RealFilesFinding | undefined;
  while (finding === undefined && rounds < options.rounds && options.signal?.aborted !== true) {
    finding = await series.live({ record: false, mayDieOpening: true });
    rounds++;
    options.onRound?.(rounds);
  }
  if (rounds > 0) finding ??= await series.finish();
  return { rounds, kills: series.kills, counts: series.follower.counts, finding };
}
