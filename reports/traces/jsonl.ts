/**
 * Traces as lines of JSON, for `seedstorm diff` and for tools: a header, the records as they came with each
 * node's changes of status among them, then faults, client operations and the result.
 */
import type { Run } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { plainValue } from "../recording/index.js";
import type { SeedReport } from "../seed-report.js";
import {
  TRACE_FORMAT,
  type FaultLine,
  type OperationLine,
  type TraceHeader,
  type TraceLine,
} from "./lines.js";
import { hasStruck, RunWatch, statusLine } from "./run-watch.js";
import type { TracedRun, TraceWriter } from "./writer.js";

export class JsonlTraceWriter implements TraceWriter {
  readonly #about: TracedRun;
  readonly #watch: RunWatch;

  constructor(about: TracedRun) {
    this.#about = about;
    this.#watch = new RunWatch(about.scenario);
  }

  onRun(run: Run): void {
    this.#watch.onRun(run);
  }

  head(): string {
    const { scenario, seed, seedstorm, node } = this.#about;
    const header: TraceHeader = { format: TRACE_FORMAT, scenario: scenario.name, seed, seedstorm, node };
    return `${JSON.stringify(header)}\n`;
  }

  record(record: TraceRecord): string {
    return this.#statuses() + recordLine(record);
  }

  tail(result: SeedReport): string {
    let text = this.#statuses();
    const { run } = this.#watch;
    if (run !== undefined) {
      for (const fault of faultLines(run)) text += lineOf(fault);
      for (const operation of operationLines(run)) text += lineOf(operation);
    }
    const { verdict, traceHash, events, simTimeUs, findings } = result;
    return text + lineOf({ type: "result", verdict, traceHash, events, simTimeUs, findings });
  }

  #statuses(): string {
    let text = "";
    for (const change of this.#watch.takeStatuses()) text += lineOf(statusLine(change));
    return text;
  }
}

function* faultLines({ world }: Run): Generator<FaultLine> {
  for (const fault of world.faults.ledger.faults) {
    if (!hasStruck(fault)) continue;
    const { id, timeUs, target, state } = fault;
    yield { type: "fault", id, timeUs, target, state };
  }
}

function* operationLines({ clients }: Run): Generator<OperationLine> {
  for (const operation of clients?.history.operations ?? []) {
    const { asked, answered } = clients!.describe(operation);
    const client = clients!.name(operation.client);
    yield { type: "operation", client, asked, outcome: operation.outcome, answered };
  }
}

function lineOf(line: TraceLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** The value of a message may be anything, and is made plain. */
function recordLine(record: TraceRecord): string {
  const { message } = record;
  if (message === undefined) return lineOf(record);
  return lineOf({ ...record, message: { ...message, value: plainValue(message.value) } });
}
