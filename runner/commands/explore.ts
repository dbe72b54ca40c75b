/** `seedstorm run <scenario> --explore crashpoints`: every image of a power loss, instead of drawn storms. */
import { exploreCrashPoints, type CrashPointFinding, type CrashPointReport } from "#sim/explore/index.js";
import type { Scenario } from "#sim/scenario.js";
import { exploreCommand, failureText, type RunInput } from "#reports/failure-line.js";
import { plural, thousands } from "#reports/format.js";
import { printable } from "#reports/printable.js";
import { table } from "#reports/table.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { nodeHost } from "../host.js";
import { parseInteger } from "../input/integer.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import { runInput, seedRange, type RunArguments } from "../run-input.js";

export interface ExploreArguments extends RunArguments {
  readonly explore: string;
  readonly images?: string;
}

const DEFAULT_IMAGES = 256;
const MAX_IMAGES = 1_000_000;
const PROGRESS_EVERY_MS = 5_000;
/** They belong to batches of storms. */
const NOT_HERE = {
  for: "--for",
  workers: "--workers",
  watchdog: "--watchdog",
  shard: "--shard",
  verify: "--verify",
  requireCoverage: "--require-coverage",
  out: "--out",
  annotations: "--annotations",
  json: "--json",
  faults: "--faults",
} as const satisfies Partial<Record<keyof RunArguments, string>>;

/** Explores each seed and gives the exit code. Throws `UsageError`. */
export async function explore(args: ExploreArguments, output: Output, signal: AbortSignal): Promise<number> {
  const { scenario, input, imagesPerPoint, first, last } = await plan(args, output);
  const host = nodeHost("sync");
  const rows: string[][] = [];
  let failing = 0;
  const startMs = performance.now();
  for (let seed = first; seed <= last && !signal.aborted; seed++) {
    const onPoint = progress(output, signal, scenario.name, seed);
    const options = { seed, host, imagesPerPoint, parameters: input.parameters, onPoint };
    const report = await exploreCrashPoints(scenario, options);
    if (report.findings.length > 0) failing++;
    const asked = args.images === undefined ? undefined : imagesPerPoint;
    for (const finding of report.findings) output.out(findingText(seed, finding, input, asked));
    rows.push(row(seed, report));
  }
  output.out(`${summary(scenario, rows, imagesPerPoint, performance.now() - startMs)}\n`);
  if (signal.aborted) {
    output.out("interrupted: not all was explored\n");
    return EXIT.interrupted;
  }
  output.out(
    failing === 0 ? `held: ${plural(rows.length, "seed")}\n` : `${plural(failing, "seed")} failed\n`,
  );
  return failing === 0 ? EXIT.held : EXIT.broken;
}

async function plan(args: ExploreArguments, output: Output) {
  if (args.explore !== "crashpoints") {
    throw new UsageError("--explore", "crashpoints", args.explore, "name what there is to explore");
  }
  for (const [name, option] of Object.entries(NOT_HERE) as [keyof typeof NOT_HERE, string][]) {
    if (args[name] === undefined || args[name] === false) continue;
    throw new UsageError(option, "no such option beside --explore", "it", "leave it out");
  }
  const loaded = await loadScenario(args.scenario);
  const { scenario } = loaded;
  if (scenario.explore === undefined) {
    throw new UsageError("--explore", "a scenario that can be explored", scenario.name, "try wal");
  }
  const imagesPerPoint =
    args.images === undefined ? DEFAULT_IMAGES : parseInteger("--images", args.images, 1, MAX_IMAGES);
  const isOne = args.seed === undefined && args.seeds === undefined && args.count === undefined;
  const { first, last } = seedRange(isOne ? { ...args, count: "1" } : args);
  return { scenario, input: runInput(loaded, args, output.program), imagesPerPoint, first, last };
}

/** Tells now and then how far a seed is, and whether to stop. */
function progress(output: Output, signal: AbortSignal, name: string, seed: number) {
  let saidMs = performance.now();
  return (counts: CrashPointReport["counts"]): boolean => {
    if (performance.now() - saidMs >= PROGRESS_EVERY_MS) {
      saidMs = performance.now();
      const { points, checked } = counts;
      output.err(
        `${name}: seed ${seed}, ${thousands(points)} points, ${thousands(checked)} images checked\n`,
      );
    }
    return signal.aborted;
  };
}

function findingText(
  seed: number,
  at: CrashPointFinding,
  input: RunInput,
  imagesPerPoint: number | undefined,
): string {
  const { point, operation, finding } = at;
  return [
    failureText(seed, finding.invariant, exploreCommand(input, seed, imagesPerPoint)),
    `  power lost after operation ${point} (${printable(operation)}), image ${at.imageHash.toString(16)}`,
    `  ${printable(finding.message)}`,
    "",
  ].join("\n");
}

function row(seed: number, { operations, counts }: CrashPointReport): string[] {
  const { points, pointsSampled, distinct, checked } = counts;
  return [seed, operations, points, pointsSampled, distinct, checked].map(thousands);
}

function summary(
  scenario: Scenario,
  rows: readonly string[][],
  imagesPerPoint: number,
  wallMs: number,
): string {
  const header = ["seed", "operations", "points", "sampled", "distinct", "checked"];
  const checked = rows.reduce((sum, cells) => sum + Number(cells.at(-1)!.replaceAll(",", "")), 0);
  const perMinute = thousands(Math.round((checked / Math.max(wallMs, 1)) * 60_000));
  return [
    `${scenario.name}: crash points`,
    ...table(header, [...rows]),
    `  sampled: points with more than ${thousands(imagesPerPoint)} images, of which so many were drawn`,
    `  ${thousands(checked)} images recovered twice in ${(wallMs / 1_000).toFixed(1)} s, ${perMinute} a minute`,
  ].join("\n");
}
