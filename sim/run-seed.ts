/** Runs one seed of a scenario and says what came of it. */
import type { Host } from "./host.js";
import {
  drawSwarm,
  type FaultCounts,
  type FaultKind,
  type FaultSwitches,
  type SwarmConfig,
} from "./faults/index.js";
import { Run, withDefaults, type ParameterValues, type PlanParts, type Scenario } from "./scenario.js";
import { Streams } from "./streams.js";
import type { TraceSink } from "./trace.js";
import { DEFAULT_LIMITS, World, type Finding, type Limits } from "./world.js";

export interface SeedOptions {
  readonly seed: number;
  readonly host: Host;
  /** Parameters that differ from their defaults. Names and ranges were checked before. */
  readonly parameters?: ParameterValues;
  readonly switches?: FaultSwitches;
  readonly traceSink?: TraceSink;
  /** See `WorldOptions`. */
  readonly checkPayloads?: boolean;
  /** What a repro sets, in place of what the seed draws. */
  readonly repro?: ReproOptions;
  /** Gets the run before it begins, for whoever wants to look into it. */
  readonly onRun?: (run: Run) => void;
}

/** Whatever is left out is drawn from the seed. */
export interface ReproOptions {
  /** In place of what the menu and the switches give. */
  readonly swarm?: SwarmConfig;
  /** See `Run.planned`. */
  readonly plan?: PlanParts;
  /** See `WorldOptions`. */
  readonly overrides?: ReadonlyMap<string, number>;
  readonly onlyFaults?: ReadonlySet<string>;
  /** In place of the scenario's. */
  readonly limits?: Partial<Limits>;
}

/** What came of one seed. Plain data: it crosses workers and goes into files. */
export interface SeedResult {
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: "pass" | "fail";
  readonly findings: readonly Finding[];
  readonly traceHash: string;
  readonly events: number;
  readonly simTimeUs: number;
  /** The scenario's own figures and, from the world, `crashes`, `powerLosses`, `pauses`, `faultsChanged`. */
  readonly counts: Readonly<Record<string, number>>;
  /** The kinds that the swarm switched on in this run. */
  readonly enabled: readonly FaultKind[];
  readonly faults: Readonly<Partial<Record<FaultKind, FaultCounts>>>;
  readonly marks: Readonly<Record<string, number>>;
}

/**
 * Runs one seed. The same seed, parameters, switches and repro give the same result, whatever ran before. Rejects
 * with `PlanMismatch` where the plan of a repro does not fit the scenario.
 */
export async function runSeed(scenario: Scenario, options: SeedOptions): Promise<SeedResult> {
  const { repro = {} } = options;
  const swarm =
    repro.swarm ??
    drawSwarm(scenario.faults, options.switches ?? new Map(), new Streams(options.seed).get("swarm"));
  const world = new World({
    seed: options.seed,
    host: options.host,
    swarm,
    limits: { ...DEFAULT_LIMITS, ...scenario.limits, ...repro.limits },
    ...(repro.overrides === undefined ? {} : { overrides: repro.overrides }),
    ...(repro.onlyFaults === undefined ? {} : { onlyFaults: repro.onlyFaults }),
    ...(scenario.clockBounds === undefined ? {} : { clockBounds: scenario.clockBounds }),
    ...(scenario.networkProfile === undefined ? {} : { networkProfile: scenario.networkProfile }),
    ...(options.checkPayloads === undefined ? {} : { checkPayloads: options.checkPayloads }),
    ...(options.traceSink === undefined ? {} : { traceSink: options.traceSink }),
    ...(scenario.strikeEveryCalls === undefined ? {} : { strikeEveryCalls: scenario.strikeEveryCalls }),
  });
  const run = new Run(world, withDefaults(scenario, options.parameters), repro.plan);
  options.onRun?.(run);
  await world.run(() => {
    if (scenario.admit !== undefined) world.faults.admit = scenario.admit(run);
    return scenario.drive(run);
  });
  if (run.mismatch !== undefined) throw run.mismatch;
  return resultOf(scenario, world, run, [...swarm.keys()]);
}

function resultOf(scenario: Scenario, world: World, run: Run, enabled: FaultKind[]): SeedResult {
  const faults = Object.fromEntries(world.faults.ledger.counts());
  const injected = (kind: FaultKind): number => faults[kind]?.injected ?? 0;
  let faultsChanged = 0;
  for (const counts of world.faults.ledger.counts().values()) faultsChanged += counts.changed;
  return {
    scenario: scenario.name,
    seed: world.decisions.seed,
    verdict: world.findings.length === 0 ? "pass" : "fail",
    findings: world.findings,
    traceHash: world.trace.hash(),
    events: world.events,
    simTimeUs: world.nowUs,
    counts: {
      ...Object.fromEntries(run.counts()),
      crashes: injected("crash"),
      powerLosses: injected("power-loss"),
      pauses: injected("pause"),
      faultsChanged,
    },
    enabled,
    faults,
    marks: Object.fromEntries(world.marks),
  };
}
