/** The same run without some of its faults: the causal question that people ask first. */
import type { ReproOptions } from "#sim/run-seed.js";
import type { Run } from "#sim/scenario.js";
import { UsageError } from "../errors.js";
import { suggest } from "../input/nearest.js";
import { struckFaults, type ReproFault } from "../repro/index.js";

const WHERE = "--without";

/** The faults of a run that these names, ids or kinds, stand for. Throws `UsageError` where one is unknown. */
export function faultsNamed(run: Run, names: readonly string[]): ReproFault[] {
  const struck = struckFaults(run);
  for (const name of names) {
    if (struck.some((fault) => isNamed(fault, name))) continue;
    const known = name.includes("@") ? struck.map(({ id }) => id) : struck.map(({ kind }) => kind);
    throw new UsageError(WHERE, "a fault that strikes in this run", name, suggest(name, [...new Set(known)]));
  }
  return struck.filter((fault) => names.some((name) => isNamed(fault, name)));
}

/** The names in the text of the option. Throws `UsageError`. */
export function parseWithout(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw new UsageError(
    WHERE,
    "ids or kinds of faults",
    JSON.stringify(text),
    "write it as crash@n1:1.0.0,pause",
  );
}

function isNamed({ id, kind }: ReproFault, name: string): boolean {
  return id === name || kind === name;
}

/**
 * What gives the same run with the faults that struck in it but for these. No other fault comes in their place:
 * whatever differs is because of them.
 */
export function optionsWithout(run: Run, left: readonly ReproFault[]): ReproOptions {
  const leftOut = new Set(left.map(({ id }) => id));
  const { world } = run;
  return {
    swarm: world.faults.swarm,
    // A copy: scenarios may use up what they get.
    plan: new Map(JSON.parse(JSON.stringify([...run.plan])) as [string, unknown][]),
    overrides: world.decisions.overrides,
    limits: world.limits,
    onlyFaults: new Set(
      struckFaults(run)
        .map(({ id }) => id)
        .filter((id) => !leftOut.has(id)),
    ),
  };
}
