/** Everything a batch keeps of its seeds. Its size does not depend on their number. */
import { addSeed, emptyCoverage, type Coverage } from "#sim/faults/index.js";
import { Histogram } from "./histogram.js";
import { finished, type SeedReport, type Verdict } from "./seed-report.js";

/** So many seeds of one broken invariant are kept, and printed a line each; the others are counted. */
export const KEPT_PER_INVARIANT = 10;

/** The failing seeds of one invariant. */
export interface FailureGroup {
  readonly invariant: string;
  count: number;
  /** The first ones, in the order of the batch. */
  readonly first: SeedReport[];
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

export class BatchTally {
  readonly coverage: Coverage = emptyCoverage();
  readonly verdicts: Record<Verdict, number> = { pass: 0, fail: 0, hung: 0, died: 0 };
  events = 0;
  simTimeUs = 0;
  readonly #figures: Map<string, Histogram> = new Map();
  readonly #failures: Map<string, FailureGroup> = new Map();

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
      for (const [name, value] of Object.entries(report.counts)) this.histogram(name).add(value);
    }
    if (report.verdict !== "pass") this.#addFailure(report);
  }

  /** The groups of failing seeds, in the order in which they first came up. */
  failures(): readonly FailureGroup[] {
    return [...this.#failures.values()];
  }

  group(invariant: string): FailureGroup | undefined {
    return this.#failures.get(invariant);
  }

  /** The names of all figures, in the order in which they first came up. */
  figureNames(): string[] {
    return [...this.#figures.keys()];
  }

  figure(name: string): Figure {
    const histogram = this.histogram(name);
    const zeros = this.coverage.seeds - histogram.total;
    return {
      name,
      min: zeros > 0 ? Math.min(0, histogram.min) : histogram.min,
      median: histogram.median(zeros),
      max: histogram.max,
      exact: histogram.exact,
    };
  }

  histogram(name: string): Histogram {
    let histogram = this.#figures.get(name);
    if (histogram === undefined) this.#figures.set(name, (histogram = new Histogram()));
    return histogram;
  }

  #addFailure(report: SeedReport): void {
    const invariant = report.findings[0]?.invariant ?? "none";
    let group = this.#failures.get(invariant);
    if (group === undefined) this.#failures.set(invariant, (group = { invariant, count: 0, first: [] }));
    group.count++;
    if (group.first.length < KEPT_PER_INVARIANT) group.first.push(report);
  }
}
