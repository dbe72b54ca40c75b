import type { CommandModule } from "yargs";
import { texts } from "./values.js";

export const listCommand: CommandModule = {
  command: "list [scenario..]",
  describe: "The scenarios, their parameters and their faults",
  builder: (argv) =>
    argv
      .positional("scenario", {
        type: "string",
        array: true,
        describe: "as run takes them [all that come along]",
      })
      .option("json", { type: "boolean", describe: "one JSON object a line" }),
  async handler(args) {
    const { list } = await import("#runner/commands/list.js");
    const { processOutput } = await import("#runner/output.js");
    const scenarios = texts(args, "scenario").scenario ?? [];
    process.exitCode = await list({ scenarios, json: args["json"] === true }, processOutput());
  },
};
