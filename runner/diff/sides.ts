/** The two sides that `seedstorm diff` compares: what the user named, as two recorded traces. */
import { join } from "node:path";
import { runSeed } from "#sim/run-seed.js";
import { UsageError } from "../errors.js";
import { isReproPath, type ScenarioArguments } from "../run-input.js";
import { subjectOf, type Subject } from "../travel/index.js";
import { recordRun, type Runnable } from "./record-run.js";
import { faultsNamed, optionsWithout, parseWithout } from "./without.js";

/** The arguments of `diff` that say what is compared, as typed. */
export interface SideArguments extends Omit<ScenarioArguments, "scenario"> {
  readonly first: string;
  readonly second?: string;
  readonly seed?: string;
  readonly without?: string;
}

/** A recorded trace. */
export interface Side {
  /** In words. */
  readonly name: string;
  readonly path: string;
  /** Whether the user brought it: it may be of another version. */
  readonly isRecorded: boolean;
  /** How a run compares with the repro that it is of, one line each. */
  readonly notes: readonly string[];
}

export interface Sides {
  readonly sides: readonly [Side, Side];
  /** The faults that the second side does without, as typed and by id. */
  readonly without?: { readonly names: readonly string[]; readonly ids: readonly string[] };
}

/**
 * Runs what is not recorded yet, with its trace in `directory`. Undefined where `signal` was aborted meanwhile.
 * Throws `UsageError`, `ReproFormatError` and `ReportNotWritten`.
 */
export async function sidesOf(
  args: SideArguments,
  directory: string,
  program: string,
  signal: AbortSignal,
): Promise<Sides | undefined> {
  checkOptions(args);
  const paths = [join(directory, "first.jsonl"), join(directory, "second.jsonl")] as const;
  if (args.without !== undefined) return await sidesWithout(args, args.without, paths, program, signal);
  const second = args.second!;
  const a = await sideOf(args, args.first, paths[0], program, signal);
  const b = a === undefined ? undefined : await sideOf(args, second, paths[1], program, signal);
  return a === undefined || b === undefined ? undefined : { sides: [a, b] };
}

function checkOptions({ first, second, seed, without, ...rest }: SideArguments): void {
  if (second === undefined && without === undefined) {
    throw new UsageError("<B>", "two traces or runs, or one and --without", "one", "name the other one");
  }
  if (second !== undefined && without !== undefined) {
    throw new UsageError("--without", "it beside one run", "it beside two", "leave the second one out");
  }
  if (second !== undefined && seed !== undefined) {
    throw new UsageError(
      "--seed",
      "it beside one scenario",
      "it beside two",
      "write them as raft:42 raft:43",
    );
  }
  for (const name of ["param", "faults"] as const) {
    const isUsed = [first, second].some((text) => text !== undefined && !isFile(text));
    if (rest[name] === undefined || isUsed) continue;
    throw new UsageError(`--${name}`, "it beside a scenario", "it beside files", "leave it out");
  }
}

/** A trace, or a repro. */
function isFile(text: string): boolean {
  return isTrace(text) || isReproPath(text);
}

function isTrace(text: string): boolean {
  return text.endsWith(".jsonl");
}

async function sideOf(
  args: SideArguments,
  text: string,
  path: string,
  program: string,
  signal: AbortSignal,
): Promise<Side | undefined> {
  if (isTrace(text)) return { name: text, path: text, isRecorded: true, notes: [] };
  const { name, subject } = await subjectAt(args, text, program);
  const recorded = await recordRun(path, subject, signal);
  if (recorded === undefined) return undefined;
  return { name, path, isRecorded: false, notes: subject.compare(recorded.report, recorded.run) };
}

async function sidesWithout(
  args: SideArguments,
  without: string,
  paths: readonly [string, string],
  program: string,
  signal: AbortSignal,
): Promise<Sides | undefined> {
  const names = parseWithout(without);
  if (isTrace(args.first)) {
    throw new UsageError("--without", "it beside what can be run", args.first, "name a repro or raft:42");
  }
  const { name, subject } = await subjectAt(args, args.first, program);
  const other = await recordAndLeaveOut(subject, names, paths[0], signal);
  if (other === undefined || (await recordRun(paths[1], other.runnable, signal)) === undefined)
    return undefined;
  return {
    sides: [
      { name, path: paths[0], isRecorded: false, notes: other.notes },
      { name: `${name} without ${names.join(", ")}`, path: paths[1], isRecorded: false, notes: [] },
    ],
    without: { names, ids: other.ids },
  };
}

/** Records the run, and gives the same without these faults. The run itself is not kept: it may be large. */
async function recordAndLeaveOut(
  subject: Subject,
  names: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<{ runnable: Runnable; ids: readonly string[]; notes: readonly string[] } | undefined> {
  const recorded = await recordRun(path, subject, signal);
  if (recorded === undefined) return undefined;
  const { scenario, seed } = subject;
  const left = faultsNamed(recorded.run, names);
  const repro = optionsWithout(recorded.run, left);
  const { parameters } = recorded.run;
  return {
    runnable: {
      scenario,
      seed,
      run: (options) => runSeed(scenario, { ...options, seed, parameters, repro }),
    },
    ids: left.map(({ id }) => id),
    notes: subject.compare(recorded.report, recorded.run),
  };
}

async function subjectAt(
  args: SideArguments,
  text: string,
  program: string,
): Promise<{ name: string; subject: Subject }> {
  if (isFile(text)) return { name: text, subject: await subjectOf({ scenario: text }, program) };
  const match = /^(?<scenario>.+):(?<seed>\d+)$/.exec(text);
  const scenario = match?.groups!["scenario"] ?? text;
  const seed = match?.groups!["seed"] ?? args.seed;
  if (seed === undefined) {
    throw new UsageError(
      "<A> <B>",
      "a trace (.jsonl), a repro (.json) or scenario:seed",
      text,
      `write ${text}:42`,
    );
  }
  if (match !== null && args.seed !== undefined) {
    throw new UsageError("--seed", "one seed", `${text} and --seed ${args.seed}`, "leave one out");
  }
  const { param, faults } = args;
  const given = { scenario, seed, ...(param && { param }), ...(faults && { faults }) };
  return { name: `${scenario}:${seed}`, subject: await subjectOf(given, program) };
}
