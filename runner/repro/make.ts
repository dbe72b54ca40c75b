/** Repros out of runs that failed. */
import { assert } from "#engines/env/index.js";
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
    plan: Object.fromEntries([...run.plan].map(([name, part]) => [name, asFiled(name, part)] as const)),
    overrides: usedOverrides(run),
    faults: struckFaults(run),
    failure: { invariant, place, message, node, timeUs, eventId },
    traceHash,
    events,
  };
}

/** A copy, as a file gives it back. */
function asFiled(name: string, part: unknown): unknown {
  const text = JSON.stringify(part) as string | undefined;
  assert(
    text !== undefined && isSame(part, JSON.parse(text)),
    `plan part ${name} is plain data, which a file keeps as it is`,
  );
  return JSON.parse(text);
}

/** Whether nothing was lost on the way through a file; fields that are undefined may be. */
function isSame(before: unknown, after: unknown): boolean {
  if (typeof before !== "object" || before === null) return Object.is(before, after);
  if (typeof after !== "object" || after === null || Array.isArray(before) !== Array.isArray(after))
    return false;
  if (!Array.isArray(before) && Object.getPrototypeOf(before) !== Object.prototype) return false;
  const entries = Object.entries(before).filter(([, field]) => field !== undefined);
  return (
    entries.length === Object.keys(after).length &&
    entries.every(([name, field]) => isSame(field, (after as Record<string, unknown>)[name]))
  );
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
