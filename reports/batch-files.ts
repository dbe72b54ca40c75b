/** What `--out DIR` holds: `seeds.csv`, `summary.txt` and `summary.json`. All of them, or none. */
import { join } from "node:path";
import { AtomicFile, makeDirectory } from "./atomic-file.js";
import { csvHeader, csvRow } from "./csv.js";
import type { SeedReport } from "./seed-report.js";
import { Spool } from "./spool.js";
import { failureListing, summaryJson, summaryText, type BatchFacts } from "./summary.js";
import type { BatchTally } from "./tally.js";

export class BatchFiles {
  readonly #csv: AtomicFile;
  readonly #text: AtomicFile;
  readonly #json: AtomicFile;
  readonly #spool: Spool;
  readonly #all: (AtomicFile | Spool)[] = [];

  /** Makes the directory where it is missing. Throws `ReportNotWritten` where nothing can be written there. */
  constructor(directory: string) {
    makeDirectory(directory);
    const opened = <T extends AtomicFile | Spool>(open: () => T): T =>
      this.#discardOnError(() => {
        const file = open();
        this.#all.push(file);
        return file;
      });
    this.#csv = opened(() => new AtomicFile(join(directory, "seeds.csv")));
    this.#text = opened(() => new AtomicFile(join(directory, "summary.txt")));
    this.#json = opened(() => new AtomicFile(join(directory, "summary.json")));
    this.#spool = opened(() => new Spool(join(directory, "seeds.spool")));
  }

  /** To be called in the order of the batch. Throws `ReportNotWritten`. */
  add(report: SeedReport): void {
    this.#discardOnError(() => this.#spool.add(report));
  }

  /** Puts the files in their places. Throws `ReportNotWritten`, and leaves none of them, where one fails. */
  finish(tally: BatchTally, facts: BatchFacts): void {
    this.#discardOnError(() => {
      const figures = tally.figureNames();
      this.#csv.write(csvHeader(figures));
      for (const row of this.#spool.rows()) this.#csv.write(csvRow(row, figures));
      this.#text.write(summaryText(tally, facts) + failureListing(tally, facts.input));
      this.#json.write(summaryJson(tally, facts));
      const files = [this.#csv, this.#text, this.#json];
      for (const file of files) file.finish();
      for (const file of files) file.commit();
      this.#spool.discard();
    });
  }

  discard(): void {
    for (const file of this.#all) file.discard();
  }

  #discardOnError<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      throw error;
    }
  }
}
