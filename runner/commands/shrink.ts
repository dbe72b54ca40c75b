/** `seedstorm shrink`: the smallest failure that can be made of one, and its story. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { AtomicFile, makeDirectory } from "#reports/atomic-file.js";
import { duration, plural } from "#reports/format.js";
import { printable } from "#reports/printable.js";
import { Recorder } from "#reports/recording/index.js";
import { quoted } from "#reports/failure-line.js";
import { storyText } from "#reports/story/index.js";
import { DEFAULT_REPROS } from "../corpus/index.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { nodeHost } from "../host.js";
import { parseDurationUs } from "../input/duration.js";
import { loadScenario, type LoadedScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import {
  readRepro,
  ReproFormatError,
  reproOfSeed,
  reproText,
  runRepro,
  sizeOf,
  type Repro,
  type ReproSize,
} from "../repro/index.js";
import {
  isReproPath,
  parseSeed,
  refuseBesideRepro,
  runInput,
  workerCount,
  type ScenarioArguments,
} from "../run-input.js";
import { Shrinker, ThreadJudge, wantedOf, type Judged } from "../shrink/index.js";

/** The options of `shrink`, as typed. */
export interface ShrinkArguments extends ScenarioArguments {
  readonly seed?: string;
  readonly out?: string;
  readonly for?: string;
  readonly workers?: string;
}

/** Without a time to stop at, what is tried is bounded by its cost, so that the result is the same everywhere. */
const EVENT_BUDGET = 1_000_000;
const DEFAULT_LIMIT_US = 300_000_000;
const MAX_WORKERS = 64;
const US_PER_MS = 1_000;
const SAY_EVERY_MS = 1_000;

/** Runs the work with a signal that the user can abort; see `interruptible`. */
export type WhileInterruptible = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * Prints the story of the smallest failure and writes its repro. Gives 0; 130 where it was interrupted, with the
 * smallest that was found until then. Throws `UsageError` where there is no failure to begin with,
 * `ReproFormatError`, `PlanMismatch`, `ReportNotWritten`.
 *
 * The seed itself runs before anybody listens for Ctrl-C: it may never end, and then the default is right.
 */
export async function shrink(
  args: ShrinkArguments,
  output: Output,
  whileInterruptible: WhileInterruptible,
): Promise<number> {
  const limitUs = args.for === undefined ? DEFAULT_LIMIT_US : parseDurationUs("--for", args.for);
  const eventBudget = args.for === undefined ? EVENT_BUDGET : Infinity;
  const workers = workerCount(args.workers, MAX_WORKERS);
  const beginning = await beginWith(args, output);
  const bounds = { workers, limitMs: limitUs / US_PER_MS, eventBudget };
  return whileInterruptible((signal) => shrinkFrom(beginning, args, bounds, output, signal));
}

async function shrinkFrom(
  { loaded, repro }: Beginning,
  args: ShrinkArguments,
  bounds: Bounds,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const path = args.out ?? defaultPath(args.scenario, repro);
  if (args.out === undefined) makeDirectory(dirname(path));
  // Opened first: whoever waits for a minute does not want to hear then that it can't be written.
  const file = new AtomicFile(path);
  const judge = new ThreadJudge(
    { reference: repro.scenario, wanted: wantedOf(repro.failure) },
    bounds.workers,
  );
  try {
    const begun = await begin(args, judge, repro);
    const before = repro.shrunkFrom ?? sizeOf(repro);
    const start = await smallerStart(judge, path, withOrigin(begun, before), args.out === undefined);
    const end = await search(start, judge, args.scenario, bounds, output, signal);
    await tell(loaded, end.best, output);
    output.out(endText(before, end));
    file.write(reproText(end.best));
    file.commit();
    output.out(`${printable(path)}\n  ${output.program} replay ${quoted(path)}\n`);
    return signal.aborted ? EXIT.interrupted : EXIT.held;
  } finally {
    judge.close();
    file.discard();
  }
}

/** The repro as it fails here and now. Throws `UsageError` where it does not. */
async function begin(args: ShrinkArguments, judge: ThreadJudge, repro: Repro): Promise<Judged> {
  const { judged, other } = await judge.first([repro]);
  if (judged !== undefined) return judged;
  const { invariant } = repro.failure;
  const found =
    other === undefined
      ? `${invariant} held this time, or the run never ended`
      : `${other} broke instead of ${invariant}`;
  throw new UsageError(args.scenario, "a run that fails as its file says", found, "give one that does");
}

/**
 * What an earlier run of this command left at the same place, where that is smaller still and fails the same way: a
 * shorter search must not undo a longer one.
 */
async function smallerStart(
  judge: ThreadJudge,
  path: string,
  start: Judged,
  isOwnPlace: boolean,
): Promise<Judged> {
  if (!isOwnPlace || !existsSync(path)) return start;
  let earlier: Repro;
  try {
    earlier = readRepro(path);
  } catch (error) {
    if (error instanceof ReproFormatError) return start;
    throw error;
  }
  if (earlier.scenario !== start.repro.scenario || weightOf(earlier) >= weightOf(start.repro)) return start;
  const { judged } = await judge.first([earlier]);
  return judged ?? start;
}

/** Elements and faults. */
function weightOf(repro: Repro): number {
  const { faults, plan } = sizeOf(repro);
  return Object.values(plan).reduce((sum, count) => sum + count, faults);
}

function endText(before: ReproSize, { best, tried, cut, wallMs }: SearchEnd): string {
  const how = cut === undefined ? "nothing gets it smaller" : `${cut}: this is the smallest so far`;
  const spent = duration(Math.round(wallMs * US_PER_MS));
  return `${sizesText(before, sizeOf(best))}${plural(tried, "run")} in ${spent}; ${how}\n`;
}

interface Beginning {
  readonly loaded: LoadedScenario;
  readonly repro: Repro;
}

async function beginWith(args: ShrinkArguments, output: Output): Promise<Beginning> {
  if (isReproPath(args.scenario)) {
    refuseBesideRepro(args);
    const repro = readRepro(args.scenario);
    return { loaded: await loadScenario(repro.scenario), repro };
  }
  if (args.seed === undefined) {
    throw new UsageError("--seed", "the seed that fails, or a repro file", "none", "name it");
  }
  const loaded = await loadScenario(args.scenario);
  const seed = parseSeed(args.seed);
  const repro = await reproOfSeed(loaded.scenario, runInput(loaded, args, output.program), seed, nodeHost());
  if (repro === undefined) throw holds(args, `seed ${seed} held`);
  return { loaded, repro };
}

function holds({ scenario }: ShrinkArguments, found: string): UsageError {
  return new UsageError(scenario, "a run that fails", found, "give one that does");
}

function defaultPath(given: string, { scenario, seed }: Repro): string {
  if (isReproPath(given)) return given.replace(/(\.shrunk)?\.json$/, ".shrunk.json");
  const name = scenario.replace(/^.*[/\\]/, "").replace(/\.[^.]+$/, "");
  return join(DEFAULT_REPROS, `${name}-${seed}.shrunk.json`);
}

function withOrigin(start: Judged, shrunkFrom: ReproSize): Judged {
  return { ...start, repro: { ...start.repro, shrunkFrom } };
}

interface SearchEnd {
  readonly best: Repro;
  readonly tried: number;
  readonly wallMs: number;
  /** Why it ended before its time. */
  readonly cut: string | undefined;
}

interface Bounds {
  readonly workers: number;
  readonly limitMs: number;
  readonly eventBudget: number;
}

async function search(
  start: Judged,
  judge: ThreadJudge,
  reference: string,
  { limitMs, eventBudget }: Bounds,
  output: Output,
  signal: AbortSignal,
): Promise<SearchEnd> {
  const startMs = performance.now();
  const isLate = (): boolean => performance.now() - startMs >= limitMs;
  const say = progress(reference, output);
  const listener = {
    isOver: () => signal.aborted || isLate(),
    onSmaller: ({ repro }: Judged, doing: string) => say(repro, shrinker.tried, doing),
  };
  const shrinker = new Shrinker(start, judge, listener, { eventBudget });
  output.err(`${printable(reference)}: ${sizeText(sizeOf(start.repro))}; looking for a smaller one\n`);
  const stopped = stop(limitMs, signal);
  try {
    await Promise.race([shrinker.run(), stopped.promise]);
  } finally {
    stopped.clear();
  }
  const cut = signal.aborted
    ? "interrupted"
    : isLate()
      ? "time is up"
      : shrinker.isSpent
        ? "that was enough, more may be found with --for 5m"
        : undefined;
  return { best: shrinker.best.repro, tried: shrinker.tried, wallMs: performance.now() - startMs, cut };
}

/** Settles when nobody waits any longer, whatever is under way. */
function stop(limitMs: number, signal: AbortSignal): { readonly promise: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
    onAbort = resolve;
    signal.addEventListener("abort", onAbort);
  });
  return {
    promise,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

function progress(reference: string, output: Output): (repro: Repro, runs: number, doing: string) => void {
  let saidMs = performance.now();
  return (repro, runs, doing) => {
    if (performance.now() - saidMs < SAY_EVERY_MS) return;
    saidMs = performance.now();
    output.err(`${printable(reference)}: ${plural(runs, "run")}, ${sizeText(sizeOf(repro))}; ${doing}\n`);
  };
}

async function tell({ scenario }: LoadedScenario, repro: Repro, output: Output): Promise<void> {
  const recorder = new Recorder(scenario);
  const { result } = await runRepro(scenario, repro, {
    host: nodeHost(),
    onRun: recorder.onRun,
    traceSink: recorder.sink,
  });
  const story = storyText(recorder.finish(result));
  output.out(`${story.join("\n")}\n\n`);
}

function sizesText(before: ReproSize, after: ReproSize): string {
  return `was  ${sizeText(before)}\nis   ${sizeText(after)}\n`;
}

function sizeText({ seed, faults, plan, events, timeUs }: ReproSize): string {
  const lists = Object.entries(plan).map(([name, count]) => `${name} ${count}`);
  return [`seed ${seed}`, plural(faults, "fault"), ...lists, plural(events, "event"), duration(timeUs)].join(
    ", ",
  );
}
