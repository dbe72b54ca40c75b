/** The command line of `npm run mutants`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";
import { STUDY_NAMES, type StudyName } from "./tables.js";

export const USAGE: string = `npm run mutants -- [options]

  Plants the mutants of test/mutants/ and looks for the seeds that catch them.

  --replay           only the recorded seeds; fails where one is no longer caught
  --mechanical       mutants drawn from the syntax tree, instead of the historic ones
  --shrink           makes the failures at the recorded seeds small, one after the other
  --study NAME       ${STUDY_NAMES.join(", ")}: mechanical mutants of it alone
  --only id,id       these mutants alone
  --max-seeds N      give up on a mutant after this many seeds (5000; mechanical: at most 500)
  --lanes N          processes at a time (one for each core)
  --watchdog-ms N    a seed that takes longer is hung (20000)
  --help             this text`;

export interface MutantOptions {
  readonly mode: "search" | "replay" | "mechanical" | "shrink" | "help";
  /** Undefined: all. */
  readonly study: StudyName | undefined;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly maxSeeds: number;
  readonly lanes: number;
  readonly watchdogMs: number;
}

const DEFAULT_MAX_SEEDS = { search: 5_000, mechanical: 500 };
const MAX_LANES = 64;
const DEFAULT_WATCHDOG_MS = 20_000;

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): MutantOptions {
  const values = parse(args);
  const modes = (["replay", "mechanical", "shrink"] as const).filter((each) => values[each] === true);
  if (modes.length > 1)
    throw new UsageError(`--${modes[0]}`, `no --${modes[1]} beside it`, "both", "choose one");
  const mode = values.help ? "help" : (modes[0] ?? "search");
  const defaultSeeds = mode === "mechanical" ? DEFAULT_MAX_SEEDS.mechanical : DEFAULT_MAX_SEEDS.search;
  return {
    mode,
    study: studyOf(values.study),
    only: values.only?.split(",").filter((id) => id !== "") ?? [],
    maxSeeds: integer("--max-seeds", values["max-seeds"], 10_000_000) ?? defaultSeeds,
    lanes: integer("--lanes", values.lanes, MAX_LANES) ?? Math.min(availableParallelism(), MAX_LANES),
    watchdogMs: integer("--watchdog-ms", values["watchdog-ms"], 3_600_000) ?? DEFAULT_WATCHDOG_MS,
  };
}

function studyOf(text: string | undefined): StudyName | undefined {
  if (text === undefined) return undefined;
  const name = STUDY_NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  throw new UsageError("--study", STUDY_NAMES.join(", "), text, "choose one");
}

interface Values {
  readonly replay?: boolean;
  readonly mechanical?: boolean;
  readonly shrink?: boolean;
  readonly help?: boolean;
  readonly study?: string;
  readonly only?: string;
  readonly "max-seeds"?: string;
  readonly lanes?: string;
  readonly "watchdog-ms"?: string;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        replay: { type: "boolean" },
        mechanical: { type: "boolean" },
        shrink: { type: "boolean" },
        help: { type: "boolean" },
        study: { type: "string" },
        only: { type: "string" },
        "max-seeds": { type: "string" },
        lanes: { type: "string" },
        "watchdog-ms": { type: "string" },
      },
    }).values;
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError("npm run mutants", "its options", message, "see --help");
  }
}

function integer(option: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : parseInteger(option, text, 1, max);
}
