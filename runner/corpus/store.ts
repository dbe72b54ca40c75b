/** A directory of repro files that is only ever added to. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { AtomicFile, isPlainFile, makeDirectory, ReportNotWritten } from "#reports/atomic-file.js";
import {
  failureKeyOf,
  readRepro,
  ReproFormatError,
  reproText,
  type Repro,
  type ReproFailure,
} from "../repro/index.js";
import { reproName } from "./names.js";

/** Where repro files go unless the user says where. */
export const DEFAULT_REPROS = "seedstorm-repros";

/** A file of the directory. */
export interface CorpusEntry {
  readonly path: string;
  readonly repro: Repro;
}

export class ReproStore {
  readonly directory: string;
  /** This store has made the directory. */
  #isOurs = false;

  /** `directory` need not be there yet. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory. Throws `ReportNotWritten`. */
  open(): void {
    this.#isOurs ||= !existsSync(this.directory);
    makeDirectory(this.directory);
  }

  /** Takes the directory away again, where `open` has made it and nothing came of it. */
  close(): void {
    if (!this.#isOurs) return;
    try {
      rmdirSync(this.directory);
    } catch {
      // Something is in it, or it is gone.
    }
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

  /** The files that there are of this failure, in the order of their names. */
  known(scenarioName: string, failure: ReproFailure): CorpusEntry[] {
    const key = failureKeyOf(failure);
    const entries: CorpusEntry[] = [];
    for (const path of this.#paths(scenarioName, failure)) {
      if (!existsSync(path)) break;
      const repro = reproAt(path);
      if (repro !== undefined && failureKeyOf(repro.failure) === key) entries.push({ path, repro });
    }
    return entries;
  }

  /**
   * Writes the repro under the first of its names that is free, and gives its path. Once this returns, it survives
   * the end of the process and a loss of power. Throws `ReportNotWritten`.
   */
  add(scenarioName: string, repro: Repro): string {
    this.open();
    const paths = this.#paths(scenarioName, repro.failure);
    let path: string;
    do path = paths.next().value;
    while (existsSync(path));
    this.#write(path, repro);
    return path;
  }

  /** Adds a line to `findings.txt`, as durable as a repro: also of failures that have none. Throws `ReportNotWritten`. */
  note(line: string): void {
    this.open();
    const path = join(this.directory, "findings.txt");
    try {
      // To open a pipe would wait until somebody reads it.
      const isNew = !isPlainFile(path);
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

  *#paths(scenarioName: string, failure: ReproFailure): Generator<string, never> {
    const name = reproName(scenarioName, failure);
    for (let number = 1; ; number++) {
      yield join(this.directory, number === 1 ? `${name}.json` : `${name}-${number}.json`);
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
function reproAt(path: string): Repro | undefined {
  try {
    return readRepro(path);
  } catch (error) {
    if (error instanceof ReproFormatError) return undefined;
    throw error;
  }
}
