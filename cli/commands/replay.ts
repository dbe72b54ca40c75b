import type { CommandModule } from "yargs";
import { scenarioArguments, scenarioOptions } from "./scenario-options.js";
import { option, text } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const replayCommand: CommandModule = {
  command: "replay <scenario>",
  describe: "Runs one seed again and shows its timeline",
  builder: (argv) =>
    scenarioOptions(argv)
      .option("seed", { ...TEXT, demandOption: true, describe: "the seed" })
      .option("from", { ...TEXT, describe: "simulated time from which to show, such as 1.5s" })
      .option("until", { ...TEXT, describe: "simulated time up to which to show" })
      .option("node", { ...TEXT, describe: "show this node only" })
      .option("trace", { ...TEXT, describe: "write a trace for ui.perfetto.dev to this file" }),
  async handler(args) {
    const { replay } = await import("#runner/commands/replay.js");
    const { processOutput } = await import("#runner/output.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const given = {
      ...scenarioArguments(args),
      seed: text(args, "seed")!,
      ...option(args, "from"),
      ...option(args, "until"),
      ...option(args, "node"),
      ...option(args, "trace"),
    };
    // Without a file there is nothing to clean up, and Ctrl-C ends even a scenario that never yields.
    process.exitCode =
      given.trace === undefined
        ? await replay(given, processOutput())
        : await interruptible((signal) => replay(given, processOutput(), signal));
  },
};
