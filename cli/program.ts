/** Puts the commands together, and turns what goes wrong into one line and an exit code. */
import yargs, { type Argv, type CommandModule } from "yargs";
import { benchCommand } from "./commands/bench.js";
import { checkCommand } from "./commands/check.js";
import { clientCommand } from "./commands/client.js";
import { diffCommand } from "./commands/diff.js";
import { fuzzCommand } from "./commands/fuzz.js";
import { listCommand } from "./commands/list.js";
import { mergeCommand } from "./commands/merge.js";
import { replayCommand } from "./commands/replay.js";
import { shrinkCommand } from "./commands/shrink.js";
import { runCommand } from "./commands/run.js";
import { serveCommand } from "./commands/serve.js";
import { reportBug } from "./ending.js";
import { SeedstormError } from "#engines/env/index.js";
import { EXIT } from "#runner/exit-codes.js";
import { errorLine, UsageError } from "#runner/errors.js";
import { suggest } from "#runner/input/nearest.js";
import { VERSION } from "#runner/version.js";

const COMMANDS: readonly CommandModule[] = [
  listCommand,
  runCommand,
  fuzzCommand,
  mergeCommand,
  replayCommand,
  shrinkCommand,
  diffCommand,
  checkCommand,
  benchCommand,
  serveCommand,
  clientCommand,
];
const COMMAND_NAMES = COMMANDS.map(nameOf);

function nameOf({ command }: CommandModule): string {
  return String(command).split(" ")[0]!;
}

/** Errors whose one line says it all: they are about what the user gave, not about this program. */
const INPUT_ERRORS: ReadonlySet<string> = new Set([
  "USAGE",
  "HISTORY_FORMAT",
  "REPRO_FORMAT",
  "PLAN_MISMATCH",
  "TRACE_FORMAT",
  "LISTEN_FAILED",
  "REPORT_NOT_READ",
  "REPORT_NOT_WRITTEN",
  "POOL_FAILED",
]);

/** Runs the command line and sets the exit code of the process. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    refuseUnknown(argv[0]);
    await program(joinSwitches(argv)).parseAsync();
  } catch (error) {
    process.exitCode = report(isObjection(error) ? await inOurWords(error.message, argv) : error);
  }
}

/** yargs would call it an unknown argument. */
function refuseUnknown(name: string | undefined): void {
  if (name === undefined || name.startsWith("-") || COMMAND_NAMES.includes(name)) return;
  throw new UsageError("<command>", "a command", name, suggest(name, COMMAND_NAMES));
}

function program(argv: readonly string[]): Argv {
  return yargs([...argv])
    .scriptName("seedstorm")
    .usage(
      "$0 <command>\n\nRuns real storage and replication code under a simulated world that breaks on purpose.",
    )
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
    })
    .command([...COMMANDS])
    .middleware((args) => refuseValueOfFlag(args, argv))
    .demandCommand(1, 1, `say what to do: ${COMMAND_NAMES.join(", ")}`)
    .strict()
    .locale("en")
    .version(VERSION)
    .help()
    .alias("help", "h")
    .epilogue(
      "Exit codes: 0 held, 1 an invariant broke, 2 bad usage, 3 not deterministic, 4 vacuous or undecided, 130 interrupted.",
    )
    .wrap(110)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new CommandLineError(message ?? "bad usage");
    });
}

/** yargs takes `--json=foo` for no `--json`. */
function refuseValueOfFlag(args: Readonly<Record<string, unknown>>, argv: readonly string[]): void {
  const end = argv.indexOf("--");
  for (const word of end === -1 ? argv : argv.slice(0, end)) {
    const [, name = "", value = ""] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (typeof args[name] !== "boolean" || value === "true" || value === "false") continue;
    throw new UsageError(`--${name}`, "it without a value", value, "leave the value out");
  }
}

/** What yargs itself objects to. */
class CommandLineError extends Error {}

/** yargs throws a `YError` itself where an option lacks its value. */
function isObjection(error: unknown): error is Error {
  return error instanceof CommandLineError || (error instanceof Error && error.name === "YError");
}

/** Says which word of `argv` yargs objects to, and what to do about it. */
async function inOurWords(message: string, argv: readonly string[]): Promise<Error> {
  const name = argv[0] !== undefined && COMMAND_NAMES.includes(argv[0]) ? argv[0] : undefined;
  if (name === undefined) return new CommandLineError(`${message}; see seedstorm --help`);
  const help = `see seedstorm ${name} --help`;
  const without = /^Not enough arguments following: (\S+)$/.exec(message)?.[1];
  if (without !== undefined) return new UsageError(`--${without}`, "a value", "none", `give one, or ${help}`);
  const given = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (given !== undefined) {
    const { command } = COMMANDS.find((each) => nameOf(each) === name)!;
    const wanted = String(command).match(/<[^>]+>/g)!;
    return new UsageError(wanted[Number(given)]!, "it", "none", help);
  }
  const unknown = /^Unknown argument: (\S+)$/.exec(message)?.[1];
  if (unknown !== undefined && argv.some((word) => word.split("=")[0] === `--${unknown}`)) {
    const todo = suggest(unknown, await optionsOf(name));
    return new UsageError("<option>", `an option of ${name}`, unknown, todo);
  }
  return new CommandLineError(`${message}; ${help}`);
}

/** As its help lists them: yargs tells of them nowhere else. */
async function optionsOf(name: string): Promise<string[]> {
  const help = await program([name]).getHelp();
  return [...help.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, option]) => option!);
}

/** Prints the error and gives the exit code. */
function report(error: unknown): number {
  const line = oneLine(error);
  if (line !== undefined) {
    process.stderr.write(`seedstorm: ${line.replaceAll(/\s*\n\s*/g, " ")}\n`);
    return EXIT.usage;
  }
  return reportBug(error);
}

function oneLine(error: unknown): string | undefined {
  if (error instanceof CommandLineError) return error.message;
  if (!(error instanceof SeedstormError) || !INPUT_ERRORS.has(error.code)) return undefined;
  return errorLine(error);
}

/** `--faults -crash` would be read as options of one letter; `--faults=-crash` is not. */
function joinSwitches(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const next = argv[i + 1];
    if (argv[i] === "--faults" && next !== undefined && /^[+-][a-z]/.test(next)) {
      joined.push(`--faults=${next}`);
      i++;
    } else joined.push(argv[i]!);
  }
  return joined;
}
