import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

export const benchCommand: CommandModule = {
  command: "bench <name>",
  describe: "Measures this machine: sim, wal, raft, broker, storage, check",
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
        describe: "wal, raft, broker, storage: where to put the files [the system's temporary directory]",
      })
      .option("json", {
        type: "boolean",
        describe: "wal, raft, broker, storage: one JSON object a row on stdout",
      })
      .option("keys", {
        type: "string",
        requiresArg: true,
        describe: "storage: how many keys, of 16 bytes with values of 100 [200000]",
      })
      .option("cache", {
        type: "string",
        requiresArg: true,
        describe: "storage: bytes of each engine's cache [67108864]",
      })
      .option("csv", { type: "string", requiresArg: true, describe: "storage: all measurements as a file" })
      .option("html", { type: "string", requiresArg: true, describe: "storage: the comparison as a page" })
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
      ...option(args, "keys"),
      ...option(args, "cache"),
      ...option(args, "csv"),
      ...option(args, "html"),
      ...(args["json"] === true ? { json: true } : {}),
    };
    process.exitCode = await bench(given, processOutput());
  },
};
