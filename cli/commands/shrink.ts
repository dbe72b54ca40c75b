import type { CommandModule } from "yargs";
import { scenarioArguments, scenarioOptions } from "./scenario-options.js";
import { option } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const shrinkCommand: CommandModule = {
  command: "shrink <scenario>",
  describe: "Makes a failure as small as can be and tells its story; takes a repro file too",
  builder: (argv) =>
    scenarioOptions(argv)
      .option("seed", { ...TEXT, describe: "the seed that fails; not for a repro file" })
      .option("out", {
        ...TEXT,
        describe: "where to write the smaller repro [beside the given one, of a seed seedstorm-repros]",
      })
      .option("for", { ...TEXT, describe: "go on for a duration, and take the smallest by then" })
      .option("workers", { ...TEXT, describe: "worker threads [as many as there are cores]" }),
  async handler(args) {
    const { shrink } = await import("#runner/commands/shrink.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      ...scenarioArguments(args),
      ...option(args, "seed"),
      ...option(args, "out"),
      ...option(args, "for"),
      ...option(args, "workers"),
    };
    process.exitCode = await shrink(given, processOutput(), interruptible);
  },
};
