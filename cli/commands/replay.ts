import type { CommandModule } from "yargs";
import { scenarioArguments, scenarioOptions } from "./scenario-options.js";
import { option, text, texts } from "./values.js";

const TEXT = { type: "string", requiresArg: true } as const;
const TEXTS = { array: true, string: true, requiresArg: true } as const;

export const replayCommand: CommandModule = {
  command: "replay <scenario>",
  describe: "Runs one seed or repro file again: its timeline, or step by step through time",
  builder: (argv) =>
    scenarioOptions(argv)
      .positional("scenario", { describe: "a scenario with --seed, or a repro file (.json)" })
      .option("seed", { ...TEXT, describe: "the seed" })
      .option("from", { ...TEXT, describe: "simulated time from which to show, such as 1.5s" })
      .option("until", { ...TEXT, describe: "simulated time up to which to show" })
      .option("node", { ...TEXT, describe: "show this node only" })
      .option("trace", {
        ...TEXT,
        describe: "write a trace: .jsonl for diff, .shiviz, .mmd for Mermaid, else for ui.perfetto.dev",
      })
      .option("html", { ...TEXT, describe: "write a page of the run to this file" })
      .option("step", { type: "boolean", describe: "go through the run step by step, also back" })
      .option("at", { ...TEXT, describe: "stop at an event's id, a time or a condition, and show it" })
      .option("break", {
        ...TEXTS,
        describe: "show where a condition holds, such as raft/leader; may come again",
      })
      .option("state", { ...TEXTS, describe: "show the state of this node there, or of all" })
      .option("disk", { ...TEXTS, describe: "show the disk of this node there, or of all" })
      .option("steps", { ...TEXT, describe: "show so many events more" })
      .option("json", { type: "boolean", describe: "one JSON object a line for what is shown there" })
      .option("inspect-brk", {
        type: "string",
        describe: "stop in Node's debugger at the event of --at; =PORT for another than 9229",
      }),
  async handler(args) {
    const { replay } = await import("#runner/commands/replay.js");
    const { processOutput } = await import("#runner/output.js");
    const { interruptible } = await import("#runner/interrupt.js");
    const inspectBrk = text(args, "inspect-brk");
    const given = {
      ...scenarioArguments(args),
      ...option(args, "seed"),
      ...option(args, "from"),
      ...option(args, "until"),
      ...option(args, "node"),
      ...option(args, "trace"),
      ...option(args, "html"),
      ...option(args, "at"),
      ...option(args, "steps"),
      ...texts(args, "break"),
      ...texts(args, "state"),
      ...texts(args, "disk"),
      ...(args["step"] === true ? { step: true } : {}),
      ...(args["json"] === true ? { json: true } : {}),
      ...(inspectBrk === undefined ? {} : { inspectBrk }),
    };
    // Without a file there is nothing to clean up, and Ctrl-C ends even a scenario that never yields.
    process.exitCode =
      given.trace === undefined && given.html === undefined
        ? await replay(given, processOutput())
        : await interruptible((signal) => replay(given, processOutput(), signal));
  },
};
