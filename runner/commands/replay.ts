/** `seedstorm replay`: one run again, as a timeline, as a session of time travel, or as files. */
import { unreachable } from "#engines/env/index.js";
import type { SeedResult } from "#sim/run-seed.js";
import type { Run } from "#sim/scenario.js";
import { PlanMismatch } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import type { World } from "#sim/world.js";
import { writePage } from "#reports/page/index.js";
import { storyText } from "#reports/story/index.js";
import { Recorder } from "#reports/recording/index.js";
import { broken, finished, type SeedReport } from "#reports/seed-report.js";
import { findingText, TIMELINE_HEADER, timelineLine } from "#reports/timeline.js";
import { endingEarly } from "../ending-early.js";
import { errorLine, UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { nodeHost } from "../host.js";
import { parseDurationUs } from "../input/duration.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { isReproPath } from "../run-input.js";
import { TraceFile } from "../trace-files.js";
import {
  converse,
  debugAt,
  examine,
  inspectorPort,
  parsePlace,
  RunsDiffer,
  Session,
  subjectOf,
  verdictLines,
  type Subject,
  type SubjectArguments,
} from "../travel/index.js";
import { VERSION } from "../version.js";

/** The options of `replay`, as typed. */
export interface ReplayArguments extends SubjectArguments {
  readonly from?: string;
  readonly until?: string;
  readonly node?: string;
  readonly trace?: string;
  readonly html?: string;
  /** Time travel: on a terminal, or by commands from stdin. */
  readonly step?: boolean;
  /** See `ExamineArguments`. */
  readonly at?: string;
  readonly break?: readonly string[];
  readonly state?: readonly string[];
  readonly disk?: readonly string[];
  readonly steps?: string;
  readonly json?: boolean;
  /** A port, or nothing for the usual one. */
  readonly inspectBrk?: string;
}

/** What makes a timeline, and what stops somewhere instead: they don't go together. */
const TIMELINE_OPTIONS = ["from", "until", "node", "trace", "html"] as const;
const EXAMINE_OPTIONS = ["at", "break", "state", "disk", "steps"] as const;

/**
 * Runs it in this process. Gives the exit code: the verdict's, or 0 where the run was not followed to its end; 130
 * once `signal` is aborted. Throws `UsageError` and `ReproFormatError` for bad input, `ReportNotWritten` where a file
 * can't be written.
 */
export async function replay(args: ReplayArguments, output: Output, signal?: AbortSignal): Promise<number> {
  const mode = modeOf(args);
  const subject = await subjectOf(args, output.program);
  try {
    return await replayAs(mode, subject, args, output, signal);
  } catch (error) {
    if (!(error instanceof RunsDiffer)) throw error;
    output.err(`${errorLine(error)}\n`);
    return EXIT.notDeterministic;
  }
}

type Mode = "timeline" | "step" | "examine" | "debug";

async function replayAs(
  mode: Mode,
  subject: Subject,
  args: ReplayArguments,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<number> {
  switch (mode) {
    case "timeline":
      return timeline(subject, args, output, signal);
    case "step":
      return converse(new Session(subject, { palette: output.outPalette }), terminalInput(), output);
    case "examine":
      return examine(subject, examineArguments(args), output);
    case "debug":
      return debugAt(subject, parsePlace("--at", args.at!), inspectorPort(args.inspectBrk!), output);
    default:
      return unreachable(mode);
  }
}

function modeOf(args: ReplayArguments): Mode {
  const examines = EXAMINE_OPTIONS.filter((name) => args[name] !== undefined);
  const timelines = TIMELINE_OPTIONS.filter((name) => args[name] !== undefined);
  const others = [...examines, ...timelines, ...(args.json === true ? ["json"] : [])];
  if (args.step === true) {
    const clash = [...others, ...(args.inspectBrk === undefined ? [] : ["inspect-brk"])][0];
    if (clash !== undefined) throw apart(clash, "step");
    return "step";
  }
  if (args.inspectBrk !== undefined) {
    const clash = others.find((name) => name !== "at");
    if (clash !== undefined) throw apart(clash, "inspect-brk");
    if (args.at === undefined) {
      throw new UsageError("--inspect-brk", "--at EVENT beside it", "no --at", "say where to stop");
    }
    return "debug";
  }
  if (examines.length > 0) {
    if (timelines[0] !== undefined) throw apart(timelines[0], examines[0]!);
    return "examine";
  }
  if (args.json === true) {
    throw new UsageError("--json", "--at, --break, --state or --disk beside it", "none", "say what to show");
  }
  return "timeline";
}

function apart(one: string, other: string): UsageError {
  return new UsageError(`--${one}`, `it without --${other}`, "both", "leave one out");
}

function examineArguments({ steps, ...args }: ReplayArguments): Parameters<typeof examine>[1] {
  if (steps === undefined) return args;
  return { ...args, steps: parseInteger("--steps", steps, 0, Number.MAX_SAFE_INTEGER) };
}

function terminalInput(): Parameters<typeof converse>[1] {
  const { stdin, stdout } = process;
  return { input: stdin, terminal: stdin.isTTY && stdout.isTTY ? stdout : undefined };
}

/** Prints each record as it happens, so that a run that hangs shows where. */
async function timeline(
  subject: Subject,
  args: ReplayArguments,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<number> {
  const wanted = recordFilter(args);
  const file =
    args.trace === undefined ? undefined : new TraceFile(args.trace, subject.scenario, subject.seed);
  const recorder =
    args.html === undefined ? undefined : new Recorder(subject.scenario, { states: true, tracks: true });
  try {
    let run: Run | undefined;
    let sinkError: unknown;
    const isOver = (): boolean => sinkError !== undefined || signal?.aborted === true;
    let isHeaded = false;
    const report = await subject
      .run({
        host: endingEarly(nodeHost(), isOver),
        onRun: (given) => {
          run = given;
          file?.onRun(given);
          recorder?.onRun(given);
        },
        traceSink: (record) => {
          if (isOver()) return;
          try {
            if (wanted(record)) {
              output.out(
                `${isHeaded ? "" : `${TIMELINE_HEADER}\n`}${timelineLine(record, output.outPalette)}\n`,
              );
              isHeaded = true;
            }
            file?.add(record);
            recorder?.sink(record);
          } catch (error) {
            // In the world it would be taken for an error of the scenario.
            sinkError = error;
          }
        },
      })
      .catch((error: unknown) => {
        if (error instanceof PlanMismatch) throw error;
        return broken(subject.scenario.name, subject.seed, error);
      });
    // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
    if (sinkError !== undefined) throw sinkError;
    if (signal?.aborted === true) return EXIT.interrupted;
    checkNode(args.node, run?.world);
    for (const finding of report.findings) output.out(findingText(finding, output.outPalette));
    for (const line of verdictLines(subject, report, run)) output.out(`${line}\n`);
    file?.end(report);
    if (recorder !== undefined && hasEnded(report)) {
      const recording = recorder.finish(report);
      const story = storyText(recording);
      const repro = isReproPath(args.scenario) ? { repro: args.scenario } : {};
      writePage(args.html!, recording, { command: subject.command, version: VERSION, story, ...repro });
    }
    // Behind a long timeline nobody sees whether there is a file, and where.
    for (const path of [args.trace, args.html]) if (path !== undefined) output.err(`${path} is written\n`);
    return report.verdict === "pass" ? EXIT.held : EXIT.broken;
  } finally {
    file?.discard();
  }
}

/** Whether there is a run to show: not where the simulator itself broke. */
function hasEnded(report: SeedReport): report is SeedReport & SeedResult {
  return finished(report);
}

function recordFilter(args: ReplayArguments): (record: TraceRecord) => boolean {
  const fromUs = args.from === undefined ? 0 : parseDurationUs("--from", args.from);
  const untilUs = args.until === undefined ? Infinity : parseDurationUs("--until", args.until);
  if (fromUs > untilUs) {
    throw new UsageError("--until", "a time after --from", `${args.from} to ${args.until}`, "swap them");
  }
  const { node } = args;
  return ({ timeUs, node: name }) =>
    timeUs >= fromUs && timeUs <= untilUs && (node === undefined || name === node);
}

/** Nodes come up in the run itself, so whether one exists is known afterwards. */
function checkNode(node: string | undefined, world: World | undefined): void {
  if (node === undefined || world === undefined || world.node(node) !== undefined) return;
  const names = world.nodes.map(({ name }) => name);
  throw new UsageError("--node", "a node of this run", node, suggest(node, names));
}
