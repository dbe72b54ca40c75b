/** Finds a scenario by name among ours, or as a module of the user's own. */
import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Scenario } from "#sim/scenario.js";
import { thrownText } from "#reports/printable.js";
import { UsageError } from "./errors.js";
import { suggest } from "./input/nearest.js";
import { installModuleHooks, typeScriptProblem, underWayAs } from "./loading/index.js";
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
  if (/[/\\]|\.[cm]?[jt]sx?$/.test(reference)) return { scenario: await loadModule(reference), reference };
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
  await checkFile(reference, path);
  installModuleHooks();
  let module: { readonly default?: unknown };
  const { href } = pathToFileURL(path);
  try {
    module = await underWayAs(reference, () => import(href) as Promise<{ readonly default?: unknown }>);
  } catch (error) {
    throw loadError(reference, error);
  }
  const problem = scenarioProblem(module.default);
  if (problem !== undefined) {
    throw new UsageError(reference, problem.expected, problem.found, "see the interface Scenario");
  }
  return module.default as Scenario;
}

async function checkFile(reference: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    // The path may come from a repro file, which was written elsewhere.
    const from = isAbsolute(reference) ? "" : ` in ${process.cwd()}`;
    throw new UsageError(WHERE, "a module", `no file ${reference}${from}`, "check the path");
  }
  if (!found.isFile()) {
    const what = found.isDirectory() ? "the directory" : "no regular file:";
    throw new UsageError(WHERE, "a module", `${what} ${reference}`, "name the file");
  }
  if (/\.m?[jt]s$/.test(path)) return;
  const todo = /\.[jt]sx$/.test(path)
    ? "write it without JSX"
    : /\.c[jt]s$/.test(path)
      ? "write it with import and export"
      : "choose a module";
  throw new UsageError(WHERE, "an ES module: .ts, .mts, .js or .mjs", reference, todo);
}

function loadError(reference: string, error: unknown): UsageError {
  const problem = typeScriptProblem(error);
  if (problem !== undefined) {
    return new UsageError(problem.where, problem.expected, problem.found, problem.todo);
  }
  const text = thrownText(error);
  const place = placeOf(error);
  // Types are erased one file at a time: nobody can tell that a name that is imported is but a type.
  const todo = text.includes("does not provide an export named")
    ? "correct the name; where it is a type, use `import type`"
    : "make it load";
  const found = `${reference}: ${text}${place === undefined ? "" : ` (${place})`}`;
  return new UsageError(WHERE, "a module that loads", found, todo);
}

/** Where in the user's code it was thrown: the first place in the stack that is not ours. */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  const ours = new URL("..", import.meta.url).href;
  const places = error.stack.match(/file:\/\/[^\s)]+?:\d+(?::\d+)?/g) ?? [];
  return places.find((place) => !place.startsWith(ours));
}
