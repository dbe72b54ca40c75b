/** Finds a scenario by name among ours, or as a module of the user's own. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Scenario } from "#sim/scenario.js";
import { thrownText } from "#reports/printable.js";
import { UsageError } from "./errors.js";
import { suggest } from "./input/nearest.js";
import { scenarioProblem } from "./scenario-problem.js";

/** A scenario and what a worker needs to load it again. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** As the user wrote it. */
  readonly reference: string;
}

const WHERE = "<scenario>";

/**
 * The scenario called `reference`, or the default export of the module at that path. Throws `UsageError` where
 * there is none, and where the module does not load or its export is no scenario.
 */
export async function loadScenario(reference: string): Promise<LoadedScenario> {
  if (/[/\\]|\.[cm]?[jt]s$/.test(reference)) return { scenario: await loadModule(reference), reference };
  // Whoever brings a module of their own does not wait for all of ours to load.
  const { findScenario, SCENARIOS } = await import("#scenarios/index.js");
  const scenario = findScenario(reference);
  if (scenario === undefined) {
    const names = SCENARIOS.map(({ name }) => name);
    throw new UsageError(WHERE, "a scenario", reference, suggest(reference, names));
  }
  return { scenario, reference };
}

async function loadModule(reference: string): Promise<Scenario> {
  const path = resolve(reference);
  if (!/\.m?js$/.test(path)) {
    throw new UsageError(WHERE, "a .js or .mjs module", reference, "compile it first");
  }
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new UsageError(WHERE, "a module", `no file ${reference}`, "check the path");
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(WHERE, "a module that loads", `${reference}: ${thrownText(error)}`, "make it load");
  }
  const problem = scenarioProblem(module.default);
  if (problem !== undefined) {
    throw new UsageError(reference, problem.expected, problem.found, "see the interface Scenario");
  }
  return module.default as Scenario;
}
