import type { CommandModule } from "yargs";
import { option, text, texts } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;

export const diffCommand: CommandModule = {
  command: "diff <A> [B]",
  describe: "Compares two runs: where they part, who noticed, what came of it",
  builder: (argv) =>
    argv
      .positional("A", {
        type: "string",
        demandOption: true,
        describe: "a recorded trace (.jsonl), a repro (.json), scenario:seed, or a scenario beside --seed",
      })
      .positional("B", { type: "string", describe: "the other one; none beside --without" })
      .option("seed", { ...TEXT, describe: "the seed, where A is a scenario" })
      .option("without", {
        ...TEXT,
        describe: "compare A with the same run without these faults: ids or kinds, with commas between",
      })
      .option("param", {
        array: true,
        string: true,
        requiresArg: true,
        describe: "name=value, for scenarios",
      })
      .option("faults", {
        array: true,
        string: true,
        requiresArg: true,
        describe: "+kind,-kind, for scenarios",
      })
      .option("context", { ...TEXT, describe: "records to show before and after [3]" })
      .option("json", { type: "boolean", describe: "one JSON object on stdout" })
      .epilogue("Exit codes: 0 the same, 1 not the same, 2 bad input, 130 interrupted.")
      .example("$0 diff raft --seed 42 --without crash@n3:1.0.0", "what one crash changed")
      .example("$0 diff before.jsonl after.jsonl", "two traces of replay --trace"),
  async handler(args) {
    const { diff } = await import("#runner/commands/diff.js");
    const { processOutput } = await import("#runner/output.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const second = text(args, "B");
    const given = {
      first: text(args, "A")!,
      ...(second === undefined ? {} : { second }),
      ...option(args, "seed"),
      ...option(args, "without"),
      ...texts(args, "param"),
      ...texts(args, "faults"),
      ...option(args, "context"),
      json: args["json"] === true,
    };
    process.exitCode = await interruptible((signal) => diff(given, processOutput(), signal));
  },
};
