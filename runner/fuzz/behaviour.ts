/** What the runs of a session have shown so far: how long fuzzing goes on finding something it has not seen. */
import { FAULT_STATES } from "#sim/faults/index.js";
import type { SeedReport } from "#reports/seed-report.js";

/** Names come from the scenario: one that makes up new ones for ever does not take the memory with it. */
const MAX_BEHAVIOURS = 100_000;

/**
 * A behaviour is a mark, a state of a kind of fault or a figure of the scenario, together with how often it came
 * up in the run, in powers of two: the counters of AFL (Zalewski, "Technical details", section 2), over marks
 * in place of branches.
 */
export class Behaviours {
  /** In how many runs, up to three. */
  readonly #seen: Map<string, number> = new Map();

  /** How many were seen. */
  get count(): number {
    return this.#seen.size;
  }

  /** How many came up in exactly so many runs: 1 or 2. */
  seenIn(runs: 1 | 2): number {
    let count = 0;
    for (const its of this.#seen.values()) if (its === runs) count++;
    return count;
  }

  /** Adds those of a run. Gives how many of them are new. */
  add(report: Pick<SeedReport, "marks" | "faults" | "counts">): number {
    const before = this.#seen.size;
    for (const [mark, times] of Object.entries(report.marks)) this.#see("mark", mark, times);
    for (const [figure, value] of Object.entries(report.counts)) this.#see("figure", figure, value);
    for (const [kind, counts] of Object.entries(report.faults)) {
      for (const state of FAULT_STATES) this.#see(state, kind, counts[state]);
    }
    return this.#seen.size - before;
  }

  #see(what: string, name: string, times: number): void {
    const behaviour = `${what} ${name} ${doublings(times)}`;
    const runs = this.#seen.get(behaviour);
    if (runs !== undefined) this.#seen.set(behaviour, Math.min(3, runs + 1));
    else if (this.#seen.size < MAX_BEHAVIOURS) this.#seen.set(behaviour, 1);
  }
}

/** 0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7... */
function doublings(value: number): number {
  return value < 1 ? 0 : Math.floor(Math.log2(value)) + 1;
}
