/** Measures two things side by side: in turn, in one process, so that both see the same machine. */

/** Does its work once and gives how many units that were. */
export type Work = () => Promise<number> | number;

/** Units a wall-clock second: the median over all runs, and the spread. */
export interface Rate {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One warm-up of each, then `runs` of each in turn. */
export async function sideBySide(works: readonly Work[], runs: number): Promise<Rate[]> {
  const rates: number[][] = works.map(() => []);
  for (const work of works) await work();
  for (let run = 0; run < runs; run++) {
    for (const [index, work] of works.entries()) {
      const startMs = performance.now();
      const units = await work();
      rates[index]!.push((units * 1_000) / (performance.now() - startMs));
    }
  }
  return rates.map(rateOf);
}

/** At least one measurement. */
export function rateOf(measured: readonly number[]): Rate {
  const sorted = measured.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)]!, min: sorted[0]!, max: sorted.at(-1)! };
}
