import type { CommandModule } from "yargs";
import { option } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const mergeCommand: CommandModule = {
  command: "merge <dir..>",
  describe: "Joins the results of all shards of a batch, and judges it",
  builder: (argv) =>
    argv
      .positional("dir", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "what run --out wrote",
      })
      .option("out", { ...TEXT, describe: "directory for the same files over the whole batch" })
      .option("annotations", { ...TEXT, describe: "github or none [github in GitHub Actions]" })
      .option("json", { type: "boolean", describe: "the summary as one JSON object on stdout" }),
  async handler(args) {
    const { merge } = await import("#runner/commands/merge.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      directories: args["dir"] as string[],
      ...option(args, "out"),
      ...option(args, "annotations"),
      json: args["json"] === true,
    };
    process.exitCode = merge(given, processOutput());
  },
};
