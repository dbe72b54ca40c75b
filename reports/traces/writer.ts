/** What turns a run into the text of a trace file, piece by piece, so that a long run need not be held. */
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import type { SeedReport } from "../seed-report.js";

/** The run whose trace is written. */
export interface TracedRun {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The version of this program. */
  readonly seedstorm: string;
  /** The version of Node, as `process.version` has it. */
  readonly node: string;
}

/**
 * Call `onRun` before the run begins, `head` before the first record, `record` for each in its order, and `tail`
 * once the run has ended. What they return, put together, is the file. Writing changes nothing in the run.
 */
export interface TraceWriter {
  onRun(run: Run): void;
  head(): string;
  record(record: TraceRecord): string;
  tail(result: SeedReport): string;
}
