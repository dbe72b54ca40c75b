/** Everything a batch keeps of its seeds. Its size does not depend on their number. */
import { addSeed, emptyCoverage, joinCoverage, type Coverage } from "#sim/faults/index.js";
import { Histogram, type HistogramData } from "./histogram.js";
import { failureKey, finished, type SeedReport, type Verdict } from "./seed-report.js";

/** So many seeds of one failure are kept, and printed a line each; the others are counted. */
export const KEPT_PER_FAILURE = 10;

/** What is kept of a failing seed: of its findings, the first. */
export type FailingSeed = Pick<SeedReport, "seed" | "verdict" | "findings">;

/** The failing seeds of one failure, as `failureKey` tells them apart. */
export interface FailureGroup {
  readonly key: string;
  readonly count: number;
  /** The first ones, in the order of their seeds. */
  readonly first: readonly FailingSeed[];
}

/** Minimum and median of a figure over all seeds that ended; a seed without the figure counts as 0. */
export interface Figure {
  readonly name: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** False where the median is rounded down to the width of a bucket. */
  readonly exact: boolean;
}

/** A figure as it is counted: of the seeds that have it. */
export interface FigurePart {
  readonly name: string;
  /** The first seed that has it. Figures are in this order, whatever part of a batch saw them first. */
  readonly firstSeed: number;
  readonly histogram: HistogramData;
}

/** The tally of a part of a batch, as plain data. */
export interface TallyPart {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly events: number;
  readonly simTimeUs: number;
  readonly coverage: Coverage;
  /** In the order of a batch. */
  readonly figures: readonly FigurePart[];
  readonly failures: readonly FailureGroup[];
}

export class BatchTally {
  readonly coverage: Coverage = emptyCoverage();
  readonly verdicts: Record<Verdict, number> = { pass: 0, fail: 0, hung: 0, died: 0 };
  events = 0;
  simTimeUs = 0;
  #figures: Map<string, CountedFigure> = new Map();
  #failures: Map<string, CountedFailure> = new Map();

  /** Seeds added so far. */
  get seeds(): number {
    const { pass, fail, hung, died } = this.verdicts;
    return pass + fail + hung + died;
  }

  get failing(): number {
    return this.seeds - this.verdicts.pass;
  }

  /** Adds a seed. To be called in the order of the batch, so that "the first" means the same every time. */
  add(report: SeedReport): void {
    this.verdicts[report.verdict]++;
    if (finished(report)) {
      addSeed(this.coverage, report);
      this.events += report.events;
      this.simTimeUs += report.simTimeUs;
      for (const [name, value] of Object.entries(report.counts)) {
        this.#counted(name, report.seed).histogram.add(value);
      }
    }
    if (report.verdict === "pass") return;
    const { seed, verdict, findings } = report;
    this.#addFailures(failureKey(report), 1, [{ seed, verdict, findings: findings.slice(0, 1) }]);
  }

  /**
   * Adds another part of the same batch, with other seeds. The parts may come in any order: the outcome is as
   * if all of their seeds had been added here, in their order.
   */
  join(part: TallyPart): void {
    for (const verdict of Object.keys(this.verdicts) as Verdict[]) {
      this.verdicts[verdict] += part.verdicts[verdict];
    }
    this.events += part.events;
    this.simTimeUs += part.simTimeUs;
    joinCoverage(this.coverage, part.coverage);
    for (const { name, firstSeed, histogram } of part.figures) {
      const figure = this.#counted(name, firstSeed);
      figure.histogram.join(histogram);
      if (figure.firstSeed <= firstSeed) continue;
      // Those that the same seed has keep their order in that seed, which its part knows.
      this.#figures.delete(name);
      this.#figures.set(name, { firstSeed, histogram: figure.histogram });
    }
    for (const { key, count, first } of part.failures) this.#addFailures(key, count, first);
    this.#figures = new Map([...this.#figures].sort(([, a], [, b]) => a.firstSeed - b.firstSeed));
    this.#failures = new Map([...this.#failures].sort(([, a], [, b]) => a.first[0]!.seed - b.first[0]!.seed));
  }

  /** The groups of failing seeds, in the order of their first seeds. */
  failures(): readonly FailureGroup[] {
    return [...this.#failures.values()];
  }

  /** The group that `failureKey` names. */
  group(key: string): FailureGroup | undefined {
    return this.#failures.get(key);
  }

  /** The names of all figures, in the order in which they first came up. */
  figureNames(): string[] {
    return [...this.#figures.keys()];
  }

  figure(name: string): Figure {
    const { histogram } = this.#figures.get(name)!;
    const zeros = this.coverage.seeds - histogram.total;
    return {
      name,
      min: zeros > 0 ? Math.min(0, histogram.min) : histogram.min,
      median: histogram.median(zeros),
      max: histogram.max,
      exact: histogram.exact,
    };
  }

  /** All figures as plain data. */
  figures(): FigurePart[] {
    return [...this.#figures].map(([name, { firstSeed, histogram }]) => ({
      name,
      firstSeed,
      histogram: histogram.data(),
    }));
  }

  /** `seed`: one that has it; the first, where the figure is new. */
  #counted(name: string, seed: number): CountedFigure {
    let figure = this.#figures.get(name);
    if (figure === undefined) {
      this.#figures.set(name, (figure = { firstSeed: seed, histogram: new Histogram() }));
    }
    return figure;
  }

  /** `seeds`: the first of the `count` ones. */
  #addFailures(key: string, count: number, seeds: readonly FailingSeed[]): void {
    let group = this.#failures.get(key);
    if (group === undefined) this.#failures.set(key, (group = { key, count: 0, first: [] }));
    group.count += count;
    const isFull = group.first.length === KEPT_PER_FAILURE;
    if (isFull && seeds[0]!.seed > group.first.at(-1)!.seed) return;
    group.first = [...group.first, ...seeds].sort((a, b) => a.seed - b.seed).slice(0, KEPT_PER_FAILURE);
  }
}

interface CountedFigure {
  readonly firstSeed: number;
  readonly histogram: Histogram;
}

interface CountedFailure {
  readonly key: string;
  count: number;
  first: readonly FailingSeed[];
}
