import type { CommandModule } from "yargs";
import { option, texts } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;
const TEXTS = { array: true, string: true, requiresArg: true } as const;

export const fuzzCommand: CommandModule = {
  command: "fuzz [scenario..]",
  describe: "Runs new seeds without an end and keeps a file of each failure",
  builder: (argv) =>
    argv
      .positional("scenario", {
        array: true,
        type: "string",
        describe: "as run takes them [all that come along]",
      })
      .option("for", { ...TEXT, describe: "stop after a duration, such as 10m [on Ctrl-C]" })
      .option("corpus", { ...TEXT, describe: "directory of repro files, run first [seedstorm-repros]" })
      .option("until-failure", { type: "boolean", describe: "stop at the first new failure" })
      .option("seed-base", { ...TEXT, describe: "first seed of each scenario [by the clock]" })
      .option("workers", { ...TEXT, describe: "worker threads [as many as there are cores]" })
      .option("watchdog", { ...TEXT, describe: "longest that one seed may take [60s]" })
      .option("param", { ...TEXTS, describe: "name=value, may come again; with one scenario" })
      .option("faults", {
        ...TEXTS,
        describe: "+kind,-kind: on or off whatever a seed draws; with one scenario",
      }),
  async handler(args) {
    const { fuzz } = await import("#runner/commands/fuzz.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const { processOutput } = await import("#runner/output.js");
    const { "seed-base": seedBase, ...given } = {
      ...option(args, "for"),
      ...option(args, "corpus"),
      ...option(args, "seed-base"),
      ...option(args, "workers"),
      ...option(args, "watchdog"),
      ...texts(args, "param"),
      ...texts(args, "faults"),
    };
    const asked = {
      ...given,
      ...(seedBase === undefined ? {} : { seedBase }),
      scenarios: texts(args, "scenario").scenario ?? [],
      untilFailure: args["until-failure"] === true,
    };
    process.exitCode = await interruptible((signal) => fuzz(asked, processOutput(), signal));
  },
};
