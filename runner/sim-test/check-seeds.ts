import { fileURLToPath } from "node:url";
import { addSeed, emptyCoverage, vacuities, type FaultKind } from "#sim/faults/index.js";
import type { Scenario } from "#sim/scenario.js";
import { replayCommand, type RunInput } from "#reports/failure-line.js";
import type { SeedReport } from "#reports/seed-report.js";
import { UsageError } from "../errors.js";
import { nodeHost } from "../host.js";
import { parseFaults } from "../input/faults.js";
import { parseParameters } from "../input/parameters.js";
import { MAX_SEED, type SeedRange } from "../input/range.js";
import { shownPath } from "../loading/index.js";
import type { Job } from "../protocol.js";
import { runJobSeed } from "../run-job.js";
import { scenarioProblem } from "../scenario-problem.js";
import { SeedFailed, SeedsVacuous } from "./errors.js";
import { inTurn } from "./turns.js";

export interface CheckSeedsOptions {
  /** So many from 0 on, or from `first` to `last`, both included. 100 unless given. */
  readonly seeds?: number | SeedRange;
  /** Parameters of the scenario that differ from their defaults. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** Kinds of fault that are on or off whatever a seed draws. */
  readonly faults?: Readonly<Partial<Record<FaultKind, boolean>>>;
  /** Fail with `SeedsVacuous` where a fault that was enabled changed nothing, or a mark was never reached. */
  readonly requireCoverage?: boolean;
  /**
   * The module that has this scenario as its default export, as a path or as a URL (such as that of
   * `import.meta.url`). A failure then names the command that replays it.
   */
  readonly module?: string | URL;
  /** Ends the check between two seeds; it rejects with the reason. */
  readonly signal?: AbortSignal;
}

const DEFAULT_SEEDS = 100;

/**
 * Runs seeds of a scenario in this process, one after the other, and gives their reports. Rejects with
 * `SeedFailed` at the first that does not hold, and with `UsageError` where the scenario or an option makes no
 * sense. Calls that overlap take turns, seed by seed: a process runs one world at a time.
 *
 * What can't be done from inside of the process: ending a seed that loops for ever without a call to its
 * environment. `seedstorm run` can.
 */
export async function checkSeeds(
  scenario: Scenario,
  options: CheckSeedsOptions = {},
): Promise<readonly SeedReport[]> {
  const problem = scenarioProblem(scenario);
  if (problem !== undefined) {
    throw new UsageError("scenario", problem.expected, problem.found, "see the interface Scenario");
  }
  const { first, last } = seedRange(options.seeds ?? DEFAULT_SEEDS);
  const input = inputOf(scenario, options);
  const job: Job = {
    reference: input.scenario,
    parameters: [...input.parameters],
    switches: [...input.switches],
  };
  const host = nodeHost();
  const coverage = emptyCoverage();
  const reports: SeedReport[] = [];
  for (let seed = first; seed <= last; seed++) {
    options.signal?.throwIfAborted();
    const report = await inTurn(() => runJobSeed(scenario, job, host, seed));
    if (report.verdict !== "pass") {
      throw new SeedFailed(report, reports.length, howToReplay(input, options, seed));
    }
    addSeed(coverage, report);
    reports.push(report);
  }
  const vacuous = options.requireCoverage === true ? vacuities(coverage, scenario.mustReach) : [];
  if (vacuous.length > 0) throw new SeedsVacuous(scenario.name, reports.length, vacuous);
  return reports;
}

function seedRange(seeds: number | SeedRange): SeedRange {
  const { first, last } = typeof seeds === "number" ? { first: 0, last: seeds - 1 } : seeds;
  const isSeed = (seed: number): boolean => Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED;
  if (isSeed(first) && isSeed(last) && first <= last) return { first, last };
  const found = typeof seeds === "number" ? String(seeds) : `${first}..${last}`;
  throw new UsageError(
    "seeds",
    "a count from 1 on, or first and last in order",
    found,
    "give one seed or more",
  );
}

/** The options as the command line has them, where they are checked. */
function inputOf(
  scenario: Scenario,
  { parameters = {}, faults = {}, module = "" }: CheckSeedsOptions,
): RunInput {
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const switches = Object.entries(faults).map(([kind, on]) => `${on ? "+" : "-"}${kind}`);
  return {
    scenario: modulePath(module),
    parameters: underName("parameters", () => parseParameters(scenario, values)),
    switches: underName("faults", () => parseFaults(scenario, switches)),
    program: "npx seedstorm",
  };
}

/** Errors name the option as it is called here, not on the command line. */
function underName<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { expected, found, todo, where: option } = error.parts;
    // As `--param most`.
    const [, name] = option.split(" ");
    throw new UsageError(name === undefined ? where : `${where}.${name}`, expected, found, todo);
  }
}

function modulePath(module: string | URL): string {
  const isUrl = module instanceof URL || module.startsWith("file:");
  return isUrl ? shownPath(fileURLToPath(module)) : module;
}

function howToReplay(input: RunInput, options: CheckSeedsOptions, seed: number): string {
  if (options.module !== undefined) return `replay it:\n  ${replayCommand(input, seed)}`;
  return (
    `run it alone with seeds: { first: ${seed}, last: ${seed} } and the other options as they are ` +
    "(with the option module this names the command that replays it)"
  );
}
