/** Traces of runs on disk, in the format that the ending of the file's name says. */
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { AtomicFile } from "#reports/atomic-file.js";
import type { SeedReport } from "#reports/seed-report.js";
import { traceWriterFor, type TraceWriter } from "#reports/traces/index.js";
import { VERSION } from "./version.js";

/** A trace that is being written. There only once the run has ended; gone after `discard`. */
export class TraceFile {
  readonly #writer: TraceWriter;
  readonly #file: AtomicFile;

  /** Throws `ReportNotWritten` where the place can't be written; so do `add` and `end`. */
  constructor(path: string, scenario: Scenario, seed: number) {
    this.#writer = traceWriterFor(path, { scenario, seed, seedstorm: VERSION, node: process.version });
    this.#file = new AtomicFile(path);
    this.#file.write(this.#writer.head());
  }

  /** To be called before the run begins. */
  onRun(run: Run): void {
    this.#writer.onRun(run);
  }

  add(record: TraceRecord): void {
    this.#file.write(this.#writer.record(record));
  }

  /** Puts the file in its place. */
  end(result: SeedReport): void {
    this.#file.write(this.#writer.tail(result));
    this.#file.commit();
  }

  /** Removes what was written. No effect after `end`. */
  discard(): void {
    this.#file.discard();
  }
}
