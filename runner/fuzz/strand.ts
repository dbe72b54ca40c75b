/** One scenario of a fuzzing session: its seeds, and what came of them. */
import type { RunInput } from "#reports/failure-line.js";
import type { SeedReport } from "#reports/seed-report.js";
import type { Scenario } from "#sim/scenario.js";
import { Backlog } from "../backlog.js";
import { MAX_SEED } from "../input/range.js";
import type { Job } from "../protocol.js";
import { jobOf } from "../run-input.js";
import { SeedSequence } from "../seeds.js";
import { Behaviours } from "./behaviour.js";

/** A scenario and what the user gave for it. */
export interface FuzzTarget {
  readonly scenario: Scenario;
  readonly input: RunInput;
}

export class Strand {
  readonly target: FuzzTarget;
  readonly job: Job;
  readonly backlog: Backlog;
  readonly behaviours: Behaviours = new Behaviours();
  seeds = 0;
  failing = 0;
  /** Of all workers together. Orders under way count with what they are expected to take. */
  busyMs = 0;

  constructor(target: FuzzTarget, firstSeed: number, workers: number) {
    this.target = target;
    this.job = jobOf(target.input);
    this.backlog = new Backlog(new SeedSequence(firstSeed, 1, MAX_SEED - firstSeed + 1), workers);
  }

  /** Counts a seed. Gives whether it showed something new. */
  add(report: SeedReport): boolean {
    this.seeds++;
    if (report.verdict !== "pass") this.failing++;
    return this.behaviours.add(report) > 0;
  }
}
