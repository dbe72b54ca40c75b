import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

export const benchCommand: CommandModule = {
  command: "bench <name>",
  describe: "Measures this machine: sim, wal, raft, check",
  builder: (argv) =>
    argv
      .positional("name", { type: "string", demandOption: true, describe: "which benchmark" })
      .option("runs", {
        type: "string",
        requiresArg: true,
        describe: "runs of each row, for the median [5]",
      })
      .option("dir", {
        type: "string",
        requiresArg: true,
        describe: "wal, raft: where to put the files [the system's temporary directory]",
      })
      .option("json", { type: "boolean", describe: "wal, raft: one JSON object a row on stdout" })
      .option("histories", {
        type: "string",
        requiresArg: true,
        describe: "check: a directory with recorded histories, etcd/*.log and kv/*.txt",
      }),
  async handler(args) {
    const { bench } = await import("#runner/commands/bench.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      name: text(args, "name")!,
      ...option(args, "runs"),
      ...option(args, "dir"),
      ...option(args, "histories"),
      ...(args["json"] === true ? { json: true } : {}),
    };
    process.exitCode = await bench(given, processOutput());
  },
};
