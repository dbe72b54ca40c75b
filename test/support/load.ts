/** The scenarios of this folder: plain modules, loaded as a user's would be. */
import { fileURLToPath } from "node:url";
import type { Scenario } from "#sim/scenario.js";
import { loadScenario } from "#runner/load-scenario.js";

/** Where a scenario of this folder lies. */
export function scenarioPath(name: string): string {
  return fileURLToPath(new URL(`./scenarios/${name}.mjs`, import.meta.url));
}

/** The scenario itself. */
export async function supportScenario(name: string): Promise<Scenario> {
  return (await loadScenario(scenarioPath(name))).scenario;
}
