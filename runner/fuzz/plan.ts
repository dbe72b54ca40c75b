/** Turns what the user typed after `fuzz` into a plan, or says in one line what is wrong with it. */
import { SCENARIOS } from "#scenarios/index.js";
import { DEFAULT_REPROS } from "../corpus/index.js";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";
import { MAX_SEED } from "../input/range.js";
import { loadScenario } from "../load-scenario.js";
import { positiveUs, runInput, watchdogUs, workerCount } from "../run-input.js";
import type { FuzzTarget } from "./strand.js";

/** The options of `fuzz`, as typed. */
export interface FuzzArguments {
  /** Empty: all that come with this package. */
  readonly scenarios: readonly string[];
  readonly for?: string;
  readonly workers?: string;
  readonly watchdog?: string;
  readonly corpus?: string;
  readonly param?: readonly string[];
  readonly faults?: readonly string[];
  readonly seedBase?: string;
  readonly untilFailure?: boolean;
}

export interface FuzzPlan {
  readonly targets: readonly FuzzTarget[];
  /** The first seed of each scenario. */
  readonly seedBase: number;
  readonly workers: number;
  readonly watchdogMs: number;
  /** Without it, until the user interrupts. In wall-clock milliseconds from the moment on when a seed could run. */
  readonly forMs?: number;
  /** The directory of repro files. */
  readonly corpus: string;
  /** Whether to stop at the first new failure. */
  readonly untilFailure: boolean;
  /** How this program is called here. */
  readonly program: string;
}

const US_PER_MS = 1_000;

/** Throws `UsageError`. */
export async function fuzzPlan(args: FuzzArguments, program: string): Promise<FuzzPlan> {
  const { param, faults, corpus = DEFAULT_REPROS } = args;
  const named = args.scenarios.length > 0 ? [...new Set(args.scenarios)] : SCENARIOS.map(({ name }) => name);
  for (const [option, given] of [["--param", param] as const, ["--faults", faults] as const]) {
    if (given === undefined || named.length === 1) continue;
    throw new UsageError(option, "one scenario beside it", String(named.length), "name the one it is for");
  }
  const targets: FuzzTarget[] = [];
  for (const name of named) {
    const loaded = await loadScenario(name);
    const given = { ...(param === undefined ? {} : { param }), ...(faults === undefined ? {} : { faults }) };
    targets.push({
      scenario: loaded.scenario,
      input: runInput(loaded, { scenario: name, ...given }, program),
    });
  }
  const { workers, seedBase } = args;
  return {
    targets,
    seedBase: seedBase === undefined ? clockBase() : parseInteger("--seed-base", seedBase, 0, MAX_SEED),
    workers: workerCount(workers),
    watchdogMs: watchdogUs(args.watchdog) / US_PER_MS,
    ...(args.for === undefined ? {} : { forMs: positiveUs("--for", args.for) / US_PER_MS }),
    corpus,
    untilFailure: args.untilFailure ?? false,
    program,
  };
}

/**
 * The microseconds since 1970: no session runs a seed in a microsecond, so none comes as far as the first seed of a
 * later one.
 */
function clockBase(): number {
  return Date.now() * US_PER_MS;
}
