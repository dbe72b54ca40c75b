/** Runs repros, and says what of them no longer applies. */
import { ALL_FAULT_KINDS, type FaultKind } from "#sim/faults/index.js";
import type { Host } from "#sim/host.js";
import { runSeed, type ReproOptions, type SeedOptions, type SeedResult } from "#sim/run-seed.js";
import type { Limits } from "#sim/world.js";
import type { ParameterValues, Run, Scenario } from "#sim/scenario.js";
import type { TraceSink } from "#sim/trace.js";
import type { Repro } from "./format.js";

export interface ReproRunOptions {
  readonly host: Host;
  readonly traceSink?: TraceSink;
  readonly onRun?: (run: Run) => void;
  /** In place of the scenario's. */
  readonly limits?: Partial<Limits>;
  /** Faults are drawn from the seed, by the repro's swarm, in place of those it names. */
  readonly drawsFaults?: boolean;
}

export interface ReproRun {
  readonly result: SeedResult;
  readonly run: Run;
}

/** Rejects as `runSeed` does. */
export async function runRepro(
  scenario: Scenario,
  repro: Repro,
  options: ReproRunOptions,
): Promise<ReproRun> {
  let run!: Run;
  const { onRun, limits, drawsFaults, ...rest } = options;
  const seedOptions = seedOptionsOf(scenario, repro);
  const { onlyFaults: _named, ...drawn } = seedOptions.repro;
  const result = await runSeed(scenario, {
    ...rest,
    ...seedOptions,
    repro: {
      ...(drawsFaults === true ? drawn : seedOptions.repro),
      ...(limits === undefined ? {} : { limits }),
    },
    onRun: (given) => {
      run = given;
      onRun?.(given);
    },
  });
  return { result, run };
}

/** What `runSeed` takes of a repro: of its parameters those that the scenario still has. */
export function seedOptionsOf(
  scenario: Scenario,
  repro: Repro,
): Pick<SeedOptions, "seed" | "parameters"> & { readonly repro: ReproOptions } {
  const known = new Set<string>(ALL_FAULT_KINDS);
  const swarm = Object.entries(repro.swarm) as [FaultKind, number][];
  return {
    seed: repro.seed,
    parameters: knownParameters(scenario, repro),
    repro: {
      swarm: new Map(swarm.filter(([kind]) => known.has(kind))),
      onlyFaults: new Set(repro.faults.map(({ id }) => id)),
      overrides: new Map(Object.entries(repro.overrides)),
      ...(hasThisPlan(scenario, repro) ? { plan: new Map(Object.entries(repro.plan)) } : {}),
    },
  };
}

function hasThisPlan(scenario: Scenario, repro: Repro): boolean {
  return repro.planVersion === (scenario.planVersion ?? 1);
}

function knownParameters(scenario: Scenario, repro: Repro): ParameterValues {
  const fits = ([name, value]: [string, number | string]): boolean => {
    const parameter = Object.hasOwn(scenario.parameters, name) ? scenario.parameters[name] : undefined;
    if (parameter === undefined) return false;
    if (parameter.type === "choice") return parameter.choices.includes(String(value));
    return typeof value === "number" && value >= parameter.min && value <= parameter.max;
  };
  return new Map(Object.entries(repro.parameters).filter(fits));
}

/** What of the repro the run did not use, in words, one line each. Empty where the code is what it was made with. */
export function unusedParts(scenario: Scenario, repro: Repro, run: Run): string[] {
  const { faults, decisions } = run.world;
  const lines: string[] = [];
  const parameters = knownParameters(scenario, repro);
  for (const [name, value] of Object.entries(repro.parameters)) {
    if (!parameters.has(name)) lines.push(`parameter ${name}=${value}: the scenario does not take it`);
  }
  const known = new Set<string>(ALL_FAULT_KINDS);
  for (const kind of Object.keys(repro.swarm))
    if (!known.has(kind)) lines.push(`fault kind ${kind}: there is none`);
  if (!hasThisPlan(scenario, repro)) {
    lines.push(
      `plan: of version ${repro.planVersion}, the scenario's is ${scenario.planVersion ?? 1}: drawn anew from the seed`,
    );
  } else lines.push(...unusedPlan(repro, run));
  const states = new Map(faults.ledger.faults.map(({ id, state }) => [id, state]));
  for (const { id } of repro.faults) {
    const state = states.get(id);
    if (state === undefined) lines.push(`fault ${id}: the run never came to it`);
    else if (state === "refused") lines.push(`fault ${id}: the scenario refuses it now`);
  }
  for (const key of Object.keys(repro.overrides)) {
    if (!decisions.overridesUsed.has(key)) lines.push(`override ${key}: nothing asked for it`);
  }
  return lines;
}

function unusedPlan(repro: Repro, { plan }: Run): string[] {
  const lines: string[] = [];
  for (const name of Object.keys(repro.plan)) {
    if (!plan.has(name)) lines.push(`plan part ${name}: the scenario does not ask for it`);
  }
  for (const name of plan.keys()) {
    if (!Object.hasOwn(repro.plan, name))
      lines.push(`plan part ${name}: not in the file, drawn from the seed`);
  }
  return lines;
}
