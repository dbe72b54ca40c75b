/** Turns what the user typed after `run` into a plan, or says in one line what is wrong with it. */
import { availableParallelism } from "node:os";
import type { FaultSwitches } from "#sim/faults/index.js";
import type { ParameterValues } from "#sim/scenario.js";
import type { RunInput } from "#reports/failure-line.js";
import type { BatchPlan } from "./batch.js";
import { UsageError } from "./errors.js";
import { parseDurationUs } from "./input/duration.js";
import { parseFaults } from "./input/faults.js";
import { parseInteger } from "./input/integer.js";
import { parseParameters } from "./input/parameters.js";
import { MAX_SEED, parseRange, type SeedRange } from "./input/range.js";
import { parseShard, WHOLE, type Shard } from "./input/shard.js";
import type { LoadedScenario } from "./load-scenario.js";
import type { Job } from "./protocol.js";
import { SeedSequence } from "./seeds.js";

/** The options that say what one run is; `run` and `replay` have them in common. */
export interface ScenarioArguments {
  readonly scenario: string;
  readonly param?: readonly string[];
  readonly faults?: readonly string[];
}

/** The options of `run`, as typed. */
export interface RunArguments extends ScenarioArguments {
  readonly seed?: string;
  readonly seeds?: string;
  readonly count?: string;
  readonly for?: string;
  readonly workers?: string;
  readonly watchdog?: string;
  readonly shard?: string;
  readonly verify?: boolean;
  readonly requireCoverage?: boolean;
  readonly out?: string;
  readonly annotations?: string;
  readonly json?: boolean;
}

const DEFAULT_SEEDS = 1_000;
const DEFAULT_WATCHDOG_US = 60_000_000;
/** Below this a busy machine looks like a seed that hangs. */
const MIN_WATCHDOG_US = 100_000;
const MAX_WORKERS = 512;
const US_PER_MS = 1_000;

/** Whether this names a repro file, in place of a scenario. */
export function isReproPath(text: string): boolean {
  return text.endsWith(".json");
}

/** A repro holds all that these say. Throws `UsageError` where one of them stands beside it. */
export function refuseBesideRepro(args: ScenarioArguments & { readonly seed?: string }): void {
  for (const name of ["seed", "param", "faults"] as const) {
    if (args[name] === undefined) continue;
    throw new UsageError(
      `--${name}`,
      "it only beside a scenario",
      `it beside ${args.scenario}`,
      "leave it out",
    );
  }
}

/** What the user gave beside the seeds, checked. Throws `UsageError`. */
export function runInput(loaded: LoadedScenario, args: ScenarioArguments, program: string): RunInput {
  const parameters: ParameterValues = parseParameters(loaded.scenario, args.param ?? []);
  const switches: FaultSwitches = parseFaults(loaded.scenario, args.faults ?? []);
  return { scenario: loaded.reference, parameters, switches, program };
}

/** The same as plain data, for workers. */
export function jobOf(input: RunInput): Job {
  return { reference: input.scenario, parameters: [...input.parameters], switches: [...input.switches] };
}

/** Throws `UsageError` where an option makes no sense. */
export function batchPlan(loaded: LoadedScenario, args: RunArguments, input: RunInput): BatchPlan {
  const { first, last } = seedRange(args);
  const seeds = SeedSequence.shard(first, last, shardOf(args));
  if (seeds.length === 0) {
    throw new UsageError("--shard", "at least one seed in it", args.shard!, "take fewer shards");
  }
  return {
    job: jobOf(input),
    scenarioName: loaded.scenario.name,
    seeds,
    workers: workerCount(args.workers),
    watchdogMs: watchdogUs(args.watchdog) / US_PER_MS,
    ...(args.for === undefined ? {} : { forMs: positiveUs("--for", args.for) / US_PER_MS }),
    verify: args.verify ?? false,
  };
}

/** How many workers `--workers` asks for; nothing given: one for each core, but no more than `max`. Throws `UsageError`. */
export function workerCount(text: string | undefined, max: number = MAX_WORKERS): number {
  return text === undefined ? Math.min(availableParallelism(), max) : parseInteger("--workers", text, 1, max);
}

/** One seed from the text of `--seed`. Throws `UsageError`. */
export function parseSeed(text: string): number {
  return parseInteger("--seed", text, 0, MAX_SEED);
}

/** The part of the seeds that `--shard` names. Throws `UsageError`. */
export function shardOf(args: RunArguments): Shard {
  return args.shard === undefined ? WHOLE : parseShard("--shard", args.shard);
}

/** The seeds that the options name. Throws `UsageError`. */
export function seedRange(args: RunArguments): SeedRange {
  const given = (["seed", "seeds", "count"] as const).filter((name) => args[name] !== undefined);
  if (given.length > 1) {
    const found = given.map((name) => `--${name}`).join(" and ");
    throw new UsageError("seeds", "one of --seed, --seeds and --count", found, "leave one out");
  }
  if (args.seed !== undefined) {
    const seed = parseSeed(args.seed);
    return { first: seed, last: seed };
  }
  if (args.seeds !== undefined) return parseRange("--seeds", args.seeds);
  if (args.count !== undefined) {
    return { first: 0, last: parseInteger("--count", args.count, 1, MAX_SEED) - 1 };
  }
  return { first: 0, last: args.for === undefined ? DEFAULT_SEEDS - 1 : Infinity };
}

export function watchdogUs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_WATCHDOG_US;
  const durationUs = parseDurationUs("--watchdog", text);
  if (durationUs >= MIN_WATCHDOG_US) return durationUs;
  throw new UsageError("--watchdog", "100ms or more", text, "make it longer");
}

export function positiveUs(where: string, text: string): number {
  const durationUs = parseDurationUs(where, text);
  if (durationUs > 0) return durationUs;
  throw new UsageError(where, "a duration above zero", text, "make it longer");
}
