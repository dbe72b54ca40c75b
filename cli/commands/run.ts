import type { CommandModule } from "yargs";
import { UsageError } from "#runner/errors.js";
import { scenarioArguments, scenarioOptions } from "./scenario-options.js";
import { option } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;
const FLAG = { type: "boolean" } as const;

export const runCommand: CommandModule = {
  command: "run <scenario>",
  describe: "Runs seeds of a scenario and says what held",
  builder: (argv) =>
    scenarioOptions(argv)
      .option("seed", { ...TEXT, describe: "one seed" })
      .option("seeds", { ...TEXT, describe: "a range A..B, both included" })
      .option("count", { ...TEXT, describe: "seeds 0 to N-1 [1000]" })
      .option("for", { ...TEXT, describe: "stop after a duration, such as 30s" })
      .option("workers", { ...TEXT, describe: "worker threads [as many as there are cores]" })
      .option("watchdog", { ...TEXT, describe: "longest that one seed may take [60s]" })
      .option("shard", { ...TEXT, describe: "i/n: every n-th seed of the range, from the i-th on" })
      .option("verify", { ...FLAG, describe: "run each seed twice and compare the traces" })
      .option("require-coverage", { ...FLAG, describe: "judge coverage in a small batch too" })
      .option("out", {
        ...TEXT,
        describe: "directory for the seeds as CSV and TSV, summaries, JUnit XML and a page",
      })
      .option("annotations", { ...TEXT, describe: "github or none [github in GitHub Actions]" })
      .option("explore", {
        ...TEXT,
        describe: "crashpoints: instead of storms, every image that a power loss could leave [seed 0 alone]",
      })
      .option("images", { ...TEXT, describe: "with --explore: at most so many images at one point [256]" })
      .option("json", { ...FLAG, describe: "one JSON object a seed on stdout, all else on stderr" }),
  async handler(args) {
    const { run } = await import("#runner/commands/run.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      ...scenarioArguments(args),
      ...option(args, "seed"),
      ...option(args, "seeds"),
      ...option(args, "count"),
      ...option(args, "for"),
      ...option(args, "workers"),
      ...option(args, "watchdog"),
      ...option(args, "shard"),
      ...option(args, "out"),
      ...option(args, "annotations"),
      verify: args["verify"] === true,
      requireCoverage: args["require-coverage"] === true,
      json: args["json"] === true,
    };
    const images = option(args, "images");
    const explored = option(args, "explore").explore;
    if (explored !== undefined) {
      const { explore } = await import("#runner/commands/explore.js");
      const asked = { ...given, ...images, explore: explored };
      process.exitCode = await interruptible((signal) => explore(asked, processOutput(), signal));
      return;
    }
    if (images.images !== undefined) {
      throw new UsageError("--images", "it beside --explore", "it alone", "add --explore crashpoints");
    }
    process.exitCode = await interruptible((signal) => run(given, processOutput(), signal));
  },
};
