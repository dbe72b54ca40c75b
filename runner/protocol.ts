/** What crosses between the pool and its workers, and between a batch and the processes that verify it. */
import type { FaultKind } from "#sim/faults/index.js";
import type { SeedReport } from "#reports/seed-report.js";
import type { Repro } from "./repro/index.js";

/** What to run, but for the seeds. Plain data. */
export interface Job {
  /** As `loadScenario` takes it. */
  readonly reference: string;
  readonly parameters: readonly (readonly [name: string, value: number | string])[];
  readonly switches: readonly (readonly [kind: FaultKind, on: boolean])[];
  /** Runs in place of what the seed, the parameters and the switches would give. */
  readonly repro?: Repro;
}

export interface WorkerSetup {
  /** Of the scenarios to load before the first order. */
  readonly references: readonly string[];
  /** One Int32: how many seeds this worker has begun. The watchdog reads it while the worker is stuck. */
  readonly begun: SharedArrayBuffer;
}

/** Seeds for a worker to run, one after the other. */
export interface WorkOrder {
  readonly job: Job;
  readonly seeds: readonly number[];
}

export type WorkerMessage =
  | { readonly type: "ready" }
  /** Some of the ordered seeds, in their order. */
  | { readonly type: "reports"; readonly reports: readonly SeedReport[] }
  /** The order is done. */
  | { readonly type: "idle" };
