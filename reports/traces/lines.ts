/** The lines of a trace in JSON; docs/trace-format.md has the schema. */
import type { OperationOutcome } from "#sim/check/index.js";
import type { FaultState } from "#sim/faults/index.js";
import type { TraceRecord } from "#sim/trace.js";
import type { Finding } from "#sim/world.js";
import type { Verdict } from "../seed-report.js";

export const TRACE_FORMAT = "seedstorm/trace/1";

/** The first line. */
export interface TraceHeader {
  readonly format: typeof TRACE_FORMAT;
  /** The name of the scenario. */
  readonly scenario: string;
  readonly seed: number;
  /** The version of the program that wrote it. */
  readonly seedstorm: string;
  /** The version of Node that it ran on. */
  readonly node: string;
}

/** A node became something else. Stands behind the records of the event in which it did. */
export interface StatusLine {
  readonly type: "status";
  readonly timeUs: number;
  /** Of the event. */
  readonly id: number;
  readonly node: string;
  readonly incarnation: number;
  /** In the scenario's words; see `Narration.status`. */
  readonly status: string;
}

/** A fault that struck, and how far it got. */
export interface FaultLine {
  readonly type: "fault";
  readonly id: string;
  readonly timeUs: number;
  readonly target: string;
  readonly state: FaultState;
}

/** What a client asked for, in the order in which they asked. */
export interface OperationLine {
  readonly type: "operation";
  readonly client: string;
  readonly asked: string;
  readonly outcome: OperationOutcome;
  readonly answered: string;
}

/** The last line. A trace without it was cut off. */
export interface ResultLine {
  readonly type: "result";
  readonly verdict: Verdict;
  readonly traceHash: string;
  readonly events: number;
  readonly simTimeUs: number;
  readonly findings: readonly Finding[];
}

/** Every line but the header. Each begins with its type. */
export type TraceLine = TraceRecord | StatusLine | FaultLine | OperationLine | ResultLine;

/** Whether a line is that of a record, without parsing it. */
export function isRecordLine(line: string): boolean {
  return line.startsWith('{"type":"event"') || line.startsWith('{"type":"effect"');
}
