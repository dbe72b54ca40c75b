/** Files that are there whole or not at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { assert, SeedstormError } from "#engines/env/index.js";

/** A report could not be written. The file that stood there before, if any, still does. */
export class ReportNotWritten extends SeedstormError {
  constructor(path: string, error: unknown) {
    const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
    super("REPORT_NOT_WRITTEN", {
      expected: "a place that can be written",
      found: code,
      where: path,
      todo: REMEDIES.get(code) ?? "check the path",
    });
  }
}

const NO_FILE = "a device, a pipe or a socket";

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "free some space"],
  ["EDQUOT", "free some space"],
  ["EACCES", "check its permissions"],
  ["EROFS", "choose one that is not read-only"],
  ["ENOENT", "create the directory first"],
  ["ENOTDIR", "choose a directory, not a file"],
  ["EEXIST", "choose a directory, not a file"],
  ["EISDIR", "choose a plain file"],
  [NO_FILE, "choose a plain file"],
  ["EFBIG", "raise the limit on file sizes"],
]);

const BUFFER_CHARS = 1 << 16;

/**
 * A file that is written beside its place and moved there by `commit`. Until then nobody sees it; an exit of
 * the process in between removes it.
 */
export class AtomicFile {
  readonly path: string;
  readonly temporaryPath: string;
  readonly #fd: number;
  #buffer = "";
  #open = true;
  /** Whether all that was written is on the disk. */
  #synced = false;
  readonly #onExit = (): void => this.discard();

  /** Throws `ReportNotWritten` where the place can't be written. */
  constructor(path: string) {
    this.path = path;
    this.temporaryPath = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
    this.#fd = this.#try(() => {
      // A rename would put a file in the place of a device.
      isPlainFile(path);
      return openSync(this.temporaryPath, "w");
    });
    process.once("exit", this.#onExit);
  }

  /** Throws `ReportNotWritten` as `flush` does. Not to be called after `commit` or `discard`. */
  write(text: string): void {
    this.#assertOpen();
    this.#buffer += text;
    if (this.#buffer.length >= BUFFER_CHARS) this.flush();
  }

  /** Writes what is buffered. Throws `ReportNotWritten`, and discards the file, where that fails. */
  flush(): void {
    this.#assertOpen();
    if (this.#buffer === "") return;
    this.#synced = false;
    const bytes = Buffer.from(this.#buffer);
    this.#buffer = "";
    this.#try(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    });
  }

  /** Everything is on the disk under the temporary name; only the rename is left. */
  finish(): void {
    this.flush();
    if (this.#synced) return;
    this.#try(() => fsyncSync(this.#fd));
    this.#synced = true;
  }

  /** Puts the file in its place. */
  commit(): void {
    this.finish();
    this.#close();
    this.#try(() => renameSync(this.temporaryPath, this.path));
  }

  /** Removes what was written. No effect after `commit`. */
  discard(): void {
    if (!this.#open) return;
    this.#close();
    rmSync(this.temporaryPath, { force: true });
  }

  /** The number of a closed descriptor may by now belong to another file. */
  #assertOpen(): void {
    assert(this.#open, "a report is written before it is committed or discarded");
  }

  #close(): void {
    this.#open = false;
    process.off("exit", this.#onExit);
    closeSync(this.#fd);
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (this.#open && this.#fd !== undefined) this.discard();
      throw new ReportNotWritten(this.path, error);
    }
  }
}

/** Whether a file is there; false where nothing is. Throws what `ReportNotWritten` can name where something else is. */
export function isPlainFile(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return there !== undefined;
  throw Object.assign(new Error(), { code: there.isDirectory() ? "EISDIR" : NO_FILE });
}

/** Makes the directory and its parents. Throws `ReportNotWritten` where that is not possible. */
export function makeDirectory(path: string): void {
  try {
    makeWithParents(resolve(path));
  } catch (error) {
    throw new ReportNotWritten(path, error);
  }
}

/** Not `mkdirSync` with `recursive`: that never returns where a file system says ENOENT, as /proc does. */
function makeWithParents(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeWithParents(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another shard of the same batch may have been faster.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
