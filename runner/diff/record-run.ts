/** Runs something while its trace goes into a file. */
import type { Run } from "#sim/scenario.js";
import { broken, type SeedReport } from "#reports/seed-report.js";
import { endingEarly } from "../ending-early.js";
import { nodeHost } from "../host.js";
import { TraceFile } from "../trace-files.js";
import type { Subject } from "../travel/index.js";

export interface RecordedRun {
  readonly run: Run;
  readonly report: SeedReport;
}

/** What is run: a subject of `replay`, or the same in other circumstances. */
export type Runnable = Pick<Subject, "scenario" | "seed" | "run">;

/** Undefined where `signal` was aborted before the run had ended. Throws `ReportNotWritten`. */
export async function recordRun(
  path: string,
  { scenario, seed, run: start }: Runnable,
  signal: AbortSignal,
): Promise<RecordedRun | undefined> {
  const file = new TraceFile(path, scenario, seed);
  let run: Run | undefined;
  let sinkError: unknown;
  const isOver = (): boolean => sinkError !== undefined || signal.aborted;
  try {
    const report = await start({
      host: endingEarly(nodeHost(), isOver),
      onRun: (given) => {
        run = given;
        file.onRun(given);
      },
      traceSink: (record) => {
        if (isOver()) return;
        try {
          file.add(record);
        } catch (error) {
          // In the world it would be taken for an error of the scenario.
          sinkError = error;
        }
      },
    }).catch((error: unknown) => {
      if (run === undefined) throw error;
      return broken(scenario.name, seed, error);
    });
    // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
    if (sinkError !== undefined) throw sinkError;
    if (signal.aborted) return undefined;
    file.end(report);
    return { run: run!, report };
  } finally {
    file.discard();
  }
}
