import type { CommandModule } from "yargs";

export const listCommand: CommandModule = {
  command: "list",
  describe: "The scenarios, their parameters and their faults",
  builder: (argv) => argv.option("json", { type: "boolean", describe: "one JSON object a line" }),
  async handler(args) {
    const { list } = await import("#runner/commands/list.js");
    const { processOutput } = await import("#runner/output.js");
    process.exitCode = list({ json: args["json"] === true }, processOutput());
  },
};
