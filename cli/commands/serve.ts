import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const serveCommand: CommandModule = {
  command: "serve <engine>",
  describe: "Runs one server of a real cluster, on real files: raft, broker",
  builder: (argv) =>
    argv
      .positional("engine", {
        type: "string",
        demandOption: true,
        describe: "raft: a replicated key-value store; broker: a distributed log of topics",
      })
      .option("node", { ...TEXT, describe: "name of this server, one of --peers" })
      .option("dir", { ...TEXT, describe: "directory of its own for its files; made where it is missing" })
      .option("peers", {
        ...TEXT,
        describe: "all servers: n1=HOST:PORT,n2=HOST:PORT,...; who votes is settled at the first start",
      })
      .option("listen", { ...TEXT, describe: "HOST:PORT to listen on [its own in --peers]" })
      .option("durability", {
        ...TEXT,
        describe: "broker: when a record counts as stored: cache (as Kafka), or sync to the disk [cache]",
      })
      .option("session", {
        ...TEXT,
        describe: "broker: who is silent for so long is fenced; the same on all servers [9s]",
      })
      .epilogue(
        [
          "Prints a line when it is ready (a broker: once it takes part, for which a majority has to be there), and one",
          "each time that its role changes. Ctrl-C or SIGTERM closes it (exit code 0). Exit code 1: its storage failed. Nothing is encrypted: for trusted networks only.",
          "To use the cluster: seedstorm client --help.",
        ].join("\n"),
      ),
  async handler(args) {
    const { serve } = await import("#runner/commands/serve.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      engine: text(args, "engine")!,
      ...option(args, "node"),
      ...option(args, "dir"),
      ...option(args, "listen"),
      ...option(args, "peers"),
      ...option(args, "durability"),
      ...option(args, "session"),
    };
    process.exitCode = await interruptible((signal) => serve(given, processOutput(), signal));
  },
};
