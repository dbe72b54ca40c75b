/** Kills a process that writes, again and again on the same files. */
import type { KillCounts, MakeSeries, RealFilesFinding, SeriesOptions } from "./series.js";

export interface KillOptions extends SeriesOptions {
  readonly rounds: number;
  /** Told after each round how many there were. */
  readonly onRound?: (rounds: number) => void;
}

export interface KillReport {
  /** Rounds that were finished. */
  readonly rounds: number;
  readonly kills: KillCounts;
  readonly counts: Readonly<Record<string, number>>;
  /** The counts for people. */
  readonly words: readonly string[];
  /** The first. Undefined where all held. */
  readonly finding: RealFilesFinding | undefined;
}

/** Ends at the first finding, and where the signal says so. */
export async function killRounds(makeSeries: MakeSeries, options: KillOptions): Promise<KillReport> {
  const series = makeSeries(options);
  let rounds = 0;
  let finding: RealFilesFinding | undefined;
  while (finding === undefined && rounds < options.rounds && options.signal?.aborted !== true) {
    finding = await series.live({ record: false, mayDieOpening: true });
    rounds++;
    options.onRound?.(rounds);
  }
  if (rounds > 0) finding ??= await series.finish();
  const { kills, counts, words } = series;
  return { rounds, kills, counts, words, finding };
}
