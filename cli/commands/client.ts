import type { CommandModule } from "yargs";
import { option, text } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const clientCommand: CommandModule = {
  command: "client <engine> <operation> [words..]",
  describe: "Uses a cluster that is served: get and put, produce and consume, status and more",
  builder: (argv) =>
    argv
      .positional("engine", { type: "string", demandOption: true, describe: "raft or broker" })
      .positional("operation", {
        type: "string",
        demandOption: true,
        describe: [
          "raft: get KEY, put KEY VALUE, append KEY VALUE, cas KEY FROM TO, delete KEY, or status;",
          "broker: create TOPIC, produce TOPIC [VALUE...], consume TOPIC, lag GROUP, or status [TOPIC...]",
        ].join(" "),
      })
      .positional("words", { type: "string", array: true, describe: "what the operation needs" })
      .option("servers", { ...TEXT, describe: "whom to ask: n1=HOST:PORT,n2=HOST:PORT,..." })
      .option("consistency", { ...TEXT, describe: "of get: linearizable, lease or stale [linearizable]" })
      .option("partitions", { ...TEXT, describe: "of create: how many [1]" })
      .option("replicas", {
        ...TEXT,
        describe: "of create: brokers that hold each partition [3, or as many as --servers]",
      })
      .option("min-insync", {
        ...TEXT,
        describe: "of create: replicas in sync without which no record is taken [one less than --replicas]",
      })
      .option("acks", {
        ...TEXT,
        describe: "of produce: who has a record before it counts: 0, 1 or all [all]",
      })
      .option("key", { ...TEXT, describe: "of produce: the key of each record [none]" })
      .option("follow", { type: "boolean", describe: "of consume: goes on until Ctrl-C" })
      .option("group", {
        ...TEXT,
        describe:
          "of consume: joins this group, prints what it is given and commits it, until Ctrl-C; then leaves",
      })
      .option("protocol", {
        ...TEXT,
        describe:
          "of consume with --group: who assigns, a member (classic) or the coordinator (consumer) [classic]",
      })
      .option("timeout", { ...TEXT, describe: "how long to try [5s]" })
      .epilogue(
        [
          "Exit codes: 0 done; 1 not done and never will be, or the key is absent, or cas did not match; 2 bad usage;",
          "4 nobody knows whether it was done. A value that begins with a dash goes behind --.",
          "Without values produce takes lines from stdin, and prints where each is; consume prints partition, offset, key",
          "and value of what is committed. lag prints what a group has committed of each partition,",
          "the end of its log, and what is between; where it has committed nothing the code is 1.",
        ].join("\n"),
      ),
  async handler(args) {
    const { client, CLIENT_OPTIONS } = await import("#runner/commands/client.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const { linesOf } = await import("#runner/input/lines.js");
    const { processOutput } = await import("#runner/output.js");
    const given = {
      engine: text(args, "engine")!,
      operation: text(args, "operation")!,
      // What stands behind -- comes after the name of the command.
      words: [...((args["words"] as string[] | undefined) ?? []), ...args._.slice(1).map(String)],
      ...option(args, "servers"),
      ...option(args, "timeout"),
      ...Object.assign(
        {},
        ...CLIENT_OPTIONS.filter((name) => name !== "follow").map((name) => option(args, name)),
      ),
      ...(args["follow"] === true ? { follow: "" } : {}),
    };
    process.exitCode = await interruptible((signal) =>
      client(given, processOutput(), linesOf(process.stdin), signal),
    );
  },
};
