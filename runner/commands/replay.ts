/** `seedstorm replay`: one seed again, with its timeline. */
import type { Host } from "#sim/host.js";
import { runSeed } from "#sim/run-seed.js";
import type { TraceRecord } from "#sim/trace.js";
import type { World } from "#sim/world.js";
import { AtomicFile } from "#reports/atomic-file.js";
import { ChromeTraceWriter } from "#reports/chrome-trace.js";
import { replayCommand } from "#reports/failure-line.js";
import { clockTime, plural } from "#reports/format.js";
import { broken } from "#reports/seed-report.js";
import { findingText, TIMELINE_HEADER, timelineLine } from "#reports/timeline.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { nodeHost } from "../host.js";
import { parseDurationUs } from "../input/duration.js";
import { suggest } from "../input/nearest.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import { parseSeed, runInput, type ScenarioArguments } from "../run-input.js";

/** The options of `replay`, as typed. */
export interface ReplayArguments extends ScenarioArguments {
  readonly seed: string;
  readonly from?: string;
  readonly until?: string;
  readonly node?: string;
  readonly trace?: string;
}

/**
 * Runs the seed in this process, prints each record as it happens (so that a run that hangs shows where), then
 * the findings. Gives the exit code; 130 once `signal` is aborted. Throws `UsageError` for bad input,
 * `ReportNotWritten` where the trace can't be written.
 */
export async function replay(args: ReplayArguments, output: Output, signal?: AbortSignal): Promise<number> {
  const loaded = await loadScenario(args.scenario);
  const input = runInput(loaded, args, output.program);
  const seed = parseSeed(args.seed);
  const wanted = recordFilter(args);
  const file = args.trace === undefined ? undefined : new AtomicFile(args.trace);
  try {
    const trace = new ChromeTraceWriter();
    file?.write(trace.head());
    let world: World | undefined;
    let sinkError: unknown;
    const isOver = (): boolean => sinkError !== undefined || signal?.aborted === true;
    output.out(`${TIMELINE_HEADER}\n`);
    const result = await runSeed(loaded.scenario, {
      seed,
      host: endingEarly(nodeHost(), isOver),
      parameters: input.parameters,
      switches: input.switches,
      onRun: (run) => (world = run.world),
      traceSink: (record) => {
        if (isOver()) return;
        try {
          if (wanted(record)) output.out(`${timelineLine(record, output.outPalette)}\n`);
          file?.write(trace.record(record));
        } catch (error) {
          // In the world it would be taken for an error of the scenario.
          sinkError = error;
        }
      },
    }).catch((error: unknown) => broken(loaded.scenario.name, seed, error));
    // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
    if (sinkError !== undefined) throw sinkError;
    if (signal?.aborted === true) return EXIT.interrupted;
    checkNode(args.node, world);
    file?.write(trace.tail());
    file?.commit();
    for (const finding of result.findings) output.out(findingText(finding, output.outPalette));
    output.out(
      `seed ${seed}  ${result.verdict === "pass" ? "held" : "failed"}  trace ${result.traceHash}, ` +
        `${plural(result.events, "event")}, ${clockTime(result.simTimeUs)}  ${replayCommand(input, seed)}\n`,
    );
    return result.verdict === "pass" ? EXIT.held : EXIT.broken;
  } finally {
    file?.discard();
  }
}

/** The host, but its loop ends after the event in which `isOver` comes true. */
function endingEarly(host: Host, isOver: () => boolean): Host {
  return {
    arm: (onViolation, onRejection) => host.arm(onViolation, onRejection),
    disarm: () => host.disarm(),
    loop: (step) => host.loop(() => !isOver() && step()),
  };
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
