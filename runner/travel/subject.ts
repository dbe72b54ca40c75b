/** What is replayed: a seed of a scenario, or a repro. */
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { Host } from "#sim/host.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceSink } from "#sim/trace.js";
import { quoted, replayCommand } from "#reports/failure-line.js";
import { printable } from "#reports/printable.js";
import type { SeedReport } from "#reports/seed-report.js";
import { UsageError } from "../errors.js";
import { loadScenario } from "../load-scenario.js";
import { failureKeyOf, readRepro, runRepro, unusedParts, type Repro } from "../repro/index.js";
import { isReproPath, parseSeed, refuseBesideRepro, runInput, type ScenarioArguments } from "../run-input.js";
import { VERSION } from "../version.js";

export interface SubjectArguments extends ScenarioArguments {
  readonly seed?: string;
}

export interface SubjectRunOptions {
  readonly host: Host;
  readonly traceSink?: TraceSink;
  readonly onRun?: (run: Run) => void;
}

export interface Subject {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Replays it, for a POSIX shell. */
  readonly command: string;
  /** The same run, each time anew. */
  run(options: SubjectRunOptions): Promise<SeedResult>;
  /** How what came of it compares with what was recorded, one line each. Empty for a seed. */
  compare(report: SeedReport, run: Run | undefined): string[];
}

/** `args.scenario` is a repro where it ends with `.json`. Throws `UsageError`, and `ReproFormatError`. */
export function subjectOf(args: SubjectArguments, program: string): Promise<Subject> {
  return isReproPath(args.scenario) ? reproSubject(args, program) : seedSubject(args, program);
}

async function seedSubject(args: SubjectArguments, program: string): Promise<Subject> {
  const loaded = await loadScenario(args.scenario);
  const { scenario } = loaded;
  const input = runInput(loaded, args, program);
  if (args.seed === undefined) {
    throw new UsageError("--seed", "the seed to replay", "nothing", "give it, or name a repro file (.json)");
  }
  const seed = parseSeed(args.seed);
  const { parameters, switches } = input;
  return {
    scenario,
    seed,
    command: replayCommand(input, seed),
    run: (options) => runSeed(scenario, { ...options, seed, parameters, switches }),
    compare: () => [],
  };
}

async function reproSubject(args: SubjectArguments, program: string): Promise<Subject> {
  const path = args.scenario;
  refuseBesideRepro(args);
  const repro = readRepro(path);
  const { scenario } = await loadScenario(repro.scenario);
  return {
    scenario,
    seed: repro.seed,
    command: `${program} replay ${quoted(path)}`,
    run: async (options) => (await runRepro(scenario, repro, options)).result,
    compare: (report, run) => {
      const unused = run === undefined ? [] : unusedParts(scenario, repro, run);
      // A file may hold any text.
      return [comparison(repro, report), ...unused.map((part) => `no longer applies: ${part}`)].map(
        printable,
      );
    },
  };
}

function comparison(repro: Repro, report: SeedReport): string {
  const [finding] = report.findings;
  const then = failureKeyOf(repro.failure);
  if (finding === undefined) return `the repro holds now; it failed then with ${then} (${versions(repro)})`;
  const now = failureKeyOf(finding);
  if (now !== then) return `another failure than the repro's: ${then} then, ${now} now (${versions(repro)})`;
  if (report.traceHash === repro.traceHash) return "the same failure as the repro's, and the same trace";
  return (
    `the same failure as the repro's by another trace, ${repro.traceHash} then, ${report.traceHash} now: ` +
    `the code is not what wrote this file (${versions(repro)})`
  );
}

function versions({ seedstorm }: Repro): string {
  return `seedstorm ${seedstorm} then, ${VERSION} now`;
}
