/**
 * A repro: all that it takes to see a failure again, also after the code has changed. What a seed alone draws
 * (the plan, the faults, the swarm) stands in it as data. Its file is JSON; docs/repro-format.md has the schema.
 */
import type { FaultKind } from "#sim/faults/index.js";

export const REPRO_FORMAT = "seedstorm/repro/1";

export interface Repro {
  readonly format: typeof REPRO_FORMAT;
  /** The version of the program that wrote it. */
  readonly seedstorm: string;
  /** As `loadScenario` takes it: a name, or the path of a module. */
  readonly scenario: string;
  readonly seed: number;
  /** Every parameter of the scenario. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** The kinds that were switched on, with their intensity in ppm. */
  readonly swarm: Readonly<Partial<Record<FaultKind, number>>>;
  /** See `Scenario.planVersion`. */
  readonly planVersion: number;
  /** What the clients do and what else was drawn; see `Run.planned`. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** Answers of decisions, by key. */
  readonly overrides: Readonly<Record<string, number>>;
  /** These strike and no others. */
  readonly faults: readonly ReproFault[];
  readonly failure: ReproFailure;
  /** Of the run that failed. */
  readonly traceHash: string;
  readonly events: number;
  /** What it was made smaller from. */
  readonly shrunkFrom?: ReproSize;
}

export interface ReproFault {
  /** Stable over runs: kind, node and what it strikes there. */
  readonly id: string;
  readonly kind: FaultKind;
  readonly node: string;
  /** When it struck, in simulated microseconds. */
  readonly timeUs: number;
  /** In words: which file, offset, call. */
  readonly target: string;
}

export interface ReproFailure {
  readonly invariant: string;
  readonly place: string;
  readonly message: string;
  readonly node: string;
  readonly timeUs: number;
  readonly eventId: number;
}

export interface ReproSize {
  readonly seed: number;
  readonly faults: number;
  /** Elements of each list of the plan. */
  readonly plan: Readonly<Record<string, number>>;
  readonly events: number;
  readonly timeUs: number;
}

/** How large a repro is. */
export function sizeOf({ seed, faults, plan, events, failure }: Repro): ReproSize {
  const lists = Object.entries(plan).filter((part): part is [string, unknown[]] => Array.isArray(part[1]));
  return {
    seed,
    faults: faults.length,
    plan: Object.fromEntries(lists.map(([name, list]) => [name, list.length])),
    events,
    timeUs: failure.timeUs,
  };
}
