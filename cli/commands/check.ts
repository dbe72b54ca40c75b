import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const checkCommand: CommandModule = {
  command: "check <file>",
  describe: "Says whether a recorded history is linearizable, and if not, why",
  builder: (argv) =>
    argv
      .positional("file", { type: "string", demandOption: true, describe: "the history" })
      .option("model", { ...TEXT, describe: "register or kv" })
      .option("format", { ...TEXT, describe: "jepsen-etcd, porcupine-kv, edn or jsonl" })
      .option("steps", { ...TEXT, describe: "give up after so many steps of the model [5000000]" }),
  async handler(args) {
    const { check } = await import("#runner/commands/check.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      file: text(args, "file")!,
      ...option(args, "model"),
      ...option(args, "format"),
      ...option(args, "steps"),
    };
    process.exitCode = check(given, processOutput());
  },
};
