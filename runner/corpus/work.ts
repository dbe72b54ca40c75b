/** The repro files of a corpus, each run once. */
import { failureKey, type SeedReport } from "#reports/seed-report.js";
import type { Order, Work } from "../crew.js";
import { failureKeyOf } from "../repro/index.js";
import type { CorpusEntry } from "./store.js";

/** What became of the failure of a file. */
export type CorpusOutcome = "same" | "otherwise" | "fixed";

/** An order is one file: they are few, and any of them may hang on code that has changed. */
export class CorpusWork implements Work {
  readonly #entries: readonly CorpusEntry[];
  readonly #onReport: (entry: CorpusEntry, outcome: CorpusOutcome, report: SeedReport) => void;
  readonly #waiting: number[];

  constructor(
    entries: readonly CorpusEntry[],
    onReport: (entry: CorpusEntry, outcome: CorpusOutcome, report: SeedReport) => void,
  ) {
    this.#entries = entries;
    this.#waiting = [...entries.keys()];
    this.#onReport = onReport;
  }

  get done(): boolean {
    return this.#waiting.length === 0;
  }

  get ordersLeft(): number {
    return this.#waiting.length;
  }

  take(): Order | undefined {
    const position = this.#waiting.shift();
    if (position === undefined) return undefined;
    const { repro } = this.#entries[position]!;
    return {
      job: { reference: repro.scenario, parameters: [], switches: [], repro },
      scenarioName: repro.scenario,
      positions: [position],
      seeds: [repro.seed],
    };
  }

  putBack(_order: Order, positions: readonly number[]): void {
    this.#waiting.unshift(...positions);
  }

  put(_order: Order, position: number, report: SeedReport): void {
    const entry = this.#entries[position]!;
    this.#onReport(entry, outcomeOf(entry, report), report);
  }

  took(): void {}
}

function outcomeOf({ repro }: CorpusEntry, report: SeedReport): CorpusOutcome {
  if (report.verdict === "pass") return "fixed";
  return failureKey(report) === failureKeyOf(repro.failure) ? "same" : "otherwise";
}
