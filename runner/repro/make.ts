/** Repros out of runs that failed. */
import type { Host } from "#sim/host.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { RunInput } from "#reports/failure-line.js";
import { VERSION } from "../version.js";
import { REPRO_FORMAT, type Repro, type ReproFault } from "./format.js";

/** The repro of a run that failed; `run` is what `onRun` gave, after the run. */
export function makeRepro(reference: string, scenario: Scenario, run: Run, result: SeedResult): Repro {
  const { seed, traceHash, events } = result;
  const { invariant, place, message, node, timeUs, eventId } = result.findings[0]!;
  return {
    format: REPRO_FORMAT,
    seedstorm: VERSION,
    scenario: reference,
    seed,
    parameters: Object.fromEntries(run.parameters),
    swarm: Object.fromEntries(run.world.faults.swarm),
    planVersion: scenario.planVersion ?? 1,
    // A copy, and no more than what a file keeps of it.
    plan: JSON.parse(JSON.stringify(Object.fromEntries(run.plan))) as Repro["plan"],
    overrides: usedOverrides(run),
    faults: struckFaults(run),
    failure: { invariant, place, message, node, timeUs, eventId },
    traceHash,
    events,
  };
}

function usedOverrides({ world: { decisions } }: Run): Repro["overrides"] {
  return Object.fromEntries([...decisions.overrides].filter(([key]) => decisions.overridesUsed.has(key)));
}

/** The faults that struck, in their order. What was refused changed nothing. */
export function struckFaults(run: Run): ReproFault[] {
  return run.world.faults.ledger.faults
    .filter(({ state }) => state !== "planned" && state !== "refused")
    .map(({ id, kind, node, timeUs, target }) => ({ id, kind, node, timeUs, target }));
}

/** Runs a failing seed once more, for its repro. Undefined where it holds this time. */
export async function reproOfSeed(
  scenario: Scenario,
  input: RunInput,
  seed: number,
  host: Host,
): Promise<Repro | undefined> {
  let run: Run | undefined;
  const { parameters, switches } = input;
  const onRun = (given: Run): void => void (run = given);
  const result = await runSeed(scenario, { seed, host, parameters, switches, onRun });
  if (run === undefined || result.verdict === "pass") return undefined;
  return makeRepro(input.scenario, scenario, run, result);
}
