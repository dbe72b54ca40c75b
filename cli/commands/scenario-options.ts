/** The options that `run` and `replay` have in common. */
import type { Argv } from "yargs";
import type { ScenarioArguments } from "#runner/run-input.js";
import { text, texts } from "./values.js";

/** Declares them. */
export function scenarioOptions<T>(argv: Argv<T>): Argv<T & { scenario: string }> {
  return argv
    .positional("scenario", {
      type: "string",
      demandOption: true,
      describe: "name (see seedstorm list), or path of a .js module that exports one as default",
    })
    .option("param", { array: true, string: true, requiresArg: true, describe: "name=value, may come again" })
    .option("faults", {
      array: true,
      string: true,
      requiresArg: true,
      describe: "+kind,-kind: on or off whatever the seed draws",
    });
}

/** Reads them. */
export function scenarioArguments(args: Readonly<Record<string, unknown>>): ScenarioArguments {
  return { scenario: text(args, "scenario")!, ...texts(args, "param"), ...texts(args, "faults") };
}
