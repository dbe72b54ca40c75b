/** A directory of repro files that is only ever added to. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { AtomicFile, makeDirectory, ReportNotWritten } from "#reports/atomic-file.js";
import { failureKeyOf, readRepro, ReproFormatError, reproText, type Repro } from "../repro/index.js";
import { reproName } from "./names.js";

/** Where repro files go unless the user says where. */
export const DEFAULT_REPROS = "seedstorm-repros";

/** A file of the directory. */
export interface CorpusEntry {
  readonly path: string;
  readonly repro: Repro;
}

/** Where a repro is. */
export interface StoredRepro {
  readonly path: string;
  /** False where a file of the same failure was there before, and was left as it is. */
  readonly isNew: boolean;
}

export class ReproStore {
  readonly directory: string;

  /** `directory` need not be there yet. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory. Throws `ReportNotWritten`. */
  open(): void {
    makeDirectory(this.directory);
  }

  /** The repros that are there, by name; what is none goes to `onBad`. Throws `ReportNotWritten`. */
  entries(onBad: (error: ReproFormatError) => void): CorpusEntry[] {
    const entries: CorpusEntry[] = [];
    for (const name of this.#names()) {
      const path = join(this.directory, name);
      try {
        entries.push({ path, repro: readRepro(path) });
      } catch (error) {
        if (!(error instanceof ReproFormatError)) throw error;
        onBad(error);
      }
    }
    return entries;
  }

  /**
   * Writes the repro under a name of its own. Once this returns, it survives the end of the process and a loss of
   * power. A file of the same failure is left as it is, for it may have been shrunk; but with `beside`, for where
   * that one no longer fails, the new one gets the next free name. Throws `ReportNotWritten`.
   */
  add(
    scenarioName: string,
    repro: Repro,
    { beside = false }: { readonly beside?: boolean } = {},
  ): StoredRepro {
    this.open();
    const name = reproName(scenarioName, repro.failure);
    const key = failureKeyOf(repro.failure);
    for (let number = 1; ; number++) {
      const path = join(this.directory, number === 1 ? `${name}.json` : `${name}-${number}.json`);
      if (!existsSync(path)) {
        this.#write(path, repro);
        return { path, isNew: true };
      }
      if (!beside && keyOfFile(path) === key) return { path, isNew: false };
    }
  }

  /** Adds a line to `findings.txt`, as durable as a repro: also of failures that have none. Throws `ReportNotWritten`. */
  note(line: string): void {
    const path = join(this.directory, "findings.txt");
    try {
      const isNew = !existsSync(path);
      const fd = openSync(path, "a");
      try {
        writeSync(fd, `${line}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      if (isNew) this.#sync();
    } catch (error) {
      if (error instanceof ReportNotWritten) throw error;
      throw new ReportNotWritten(path, error);
    }
  }

  #write(path: string, repro: Repro): void {
    const file = new AtomicFile(path);
    try {
      file.write(reproText(repro));
      file.commit();
    } finally {
      file.discard();
    }
    this.#sync();
  }

  /** A new name is durable once the directory is. */
  #sync(): void {
    try {
      const fd = openSync(this.directory, "r");
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw new ReportNotWritten(this.directory, error);
    }
  }

  #names(): string[] {
    try {
      const names = readdirSync(this.directory);
      return names.filter((name) => name.endsWith(".json") && !name.startsWith(".")).sort();
    } catch (error) {
      throw new ReportNotWritten(this.directory, error);
    }
  }
}

/** Undefined where the file is no repro. */
function keyOfFile(path: string): string | undefined {
  try {
    return failureKeyOf(readRepro(path).failure);
  } catch (error) {
    if (error instanceof ReproFormatError) return undefined;
    throw error;
  }
}
