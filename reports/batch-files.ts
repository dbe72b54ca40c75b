/**
 * What `--out DIR` holds: `seeds.csv` and `seeds.tsv`, `summary.txt` and `summary.json`, `junit.xml` and
 * `batch.html`. All of them, or none.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { AtomicFile, makeDirectory } from "./atomic-file.js";
import type { BatchFacts } from "./batch/facts.js";
import { junitXml } from "./batch/junit.js";
import { batchPage } from "./batch/page.js";
import { summaryJson } from "./batch/summary-json.js";
import { rowsHeader, rowText, type SeedRow } from "./csv.js";
import { Spool } from "./spool.js";
import { failureListing, summaryText } from "./summary.js";
import type { BatchTally } from "./tally.js";

const NAMES = ["seeds.csv", "seeds.tsv", "summary.txt", "summary.json", "junit.xml", "batch.html"] as const;

export class BatchFiles {
  readonly #files: Map<(typeof NAMES)[number], AtomicFile> = new Map();
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
    for (const name of NAMES) {
      this.#files.set(
        name,
        opened(() => new AtomicFile(join(directory, name))),
      );
    }
    this.#spool = opened(() => new Spool(join(directory, "seeds.spool")));
  }

  /** To be called in the order of the batch. Throws `ReportNotWritten`. */
  add(row: SeedRow): void {
    this.#discardOnError(() => this.#spool.add(row));
  }

  /** Puts the files in their places. Throws `ReportNotWritten`, and leaves none of them, where one fails. */
  finish(tally: BatchTally, facts: BatchFacts): void {
    this.#discardOnError(() => {
      const seedsSha256 = this.#writeRows(tally.figureNames());
      this.#write("summary.txt", summaryText(tally, facts) + failureListing(tally, facts.input));
      this.#write("summary.json", summaryJson(tally, facts, seedsSha256));
      this.#write("junit.xml", junitXml(tally, facts));
      this.#write("batch.html", batchPage(tally, facts));
      for (const file of this.#files.values()) file.finish();
      for (const file of this.#files.values()) file.commit();
      this.#spool.discard();
    });
  }

  discard(): void {
    for (const file of this.#all) file.discard();
  }

  /** Gives the hash of `seeds.csv`: by it a reader knows that the file is whole. */
  #writeRows(figures: readonly string[]): string {
    const hash = createHash("sha256");
    const writeCsv = (text: string): void => {
      hash.update(text);
      this.#write("seeds.csv", text);
    };
    writeCsv(rowsHeader("csv", figures));
    this.#write("seeds.tsv", rowsHeader("tsv", figures));
    for (const row of this.#spool.rows()) {
      writeCsv(rowText("csv", row, figures));
      this.#write("seeds.tsv", rowText("tsv", row, figures));
    }
    return hash.digest("hex");
  }

  #write(name: (typeof NAMES)[number], text: string): void {
    this.#files.get(name)!.write(text);
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
