import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const clientCommand: CommandModule = {
  command: "client <engine> <operation> [words..]",
  describe: "Uses a cluster that is served: get, put, append, cas, delete, status",
  builder: (argv) =>
    argv
      .positional("engine", { type: "string", demandOption: true, describe: "raft" })
      .positional("operation", {
        type: "string",
        demandOption: true,
        describe: "get KEY, put KEY VALUE, append KEY VALUE, cas KEY FROM TO, delete KEY, or status",
      })
      .positional("words", { type: "string", array: true, describe: "what the operation needs" })
      .option("servers", { ...TEXT, describe: "whom to ask: n1=HOST:PORT,n2=HOST:PORT,..." })
      .option("consistency", { ...TEXT, describe: "of get: linearizable, lease or stale [linearizable]" })
      .option("timeout", { ...TEXT, describe: "how long to try [5s]" })
      .epilogue(
        [
          "Exit codes: 0 done; 1 not done and never will be, or the key is absent, or cas did not match; 2 bad usage;",
          "4 nobody knows whether it was done. A value that begins with a dash goes behind --.",
        ].join("\n"),
      ),
  async handler(args) {
    const { client } = await import("#runner/commands/client.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      engine: text(args, "engine")!,
      operation: text(args, "operation")!,
      // What stands behind -- comes after the name of the command.
      words: [...((args["words"] as string[] | undefined) ?? []), ...args._.slice(1).map(String)],
      ...option(args, "servers"),
      ...option(args, "consistency"),
      ...option(args, "timeout"),
    };
    process.exitCode = await client(given, processOutput());
  },
};
