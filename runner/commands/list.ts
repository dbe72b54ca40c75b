/** `seedstorm list`: the scenarios, what they can be told and what may go wrong in them. */
import type { Parameter, Scenario } from "#sim/scenario.js";
import { SCENARIOS } from "#scenarios/index.js";
import { EXIT } from "../exit-codes.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";

/** The options of `list`, as typed. */
export interface ListArguments {
  /** Names or modules; none: all that come along. */
  readonly scenarios: readonly string[];
  readonly json?: boolean;
}

/** Prints them for people, or one JSON object a line. Gives the exit code. Throws `UsageError`. */
export async function list(args: ListArguments, output: Output): Promise<number> {
  const named: Scenario[] = [];
  for (const reference of args.scenarios) named.push((await loadScenario(reference)).scenario);
  for (const scenario of args.scenarios.length > 0 ? named : SCENARIOS) {
    if (args.json === true) output.out(`${JSON.stringify(described(scenario))}\n`);
    else output.out(inWords(scenario, output));
  }
  return EXIT.held;
}

function described(scenario: Scenario): object {
  const { name, summary, parameters, faults, mustReach, coverageSeeds } = scenario;
  return { name, summary, parameters, faults, mustReach, coverageSeeds };
}

function inWords(scenario: Scenario, output: Output): string {
  const { bold, dim } = output.outPalette;
  const parameters = Object.entries(scenario.parameters).map(
    ([name, parameter]) =>
      `  --param ${name}=${parameter.default}  ${dim(`${range(parameter)}; ${parameter.summary}`)}`,
  );
  const faults = Object.keys(scenario.faults).join(", ");
  const lines = [
    `${bold(scenario.name)}  ${scenario.summary}`,
    ...parameters,
    ...(faults === "" ? [] : [`  ${dim(`faults: ${faults}`)}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function range(parameter: Parameter): string {
  return parameter.type === "integer" ? `${parameter.min}..${parameter.max}` : parameter.choices.join(" | ");
}
