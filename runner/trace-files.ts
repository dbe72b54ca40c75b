/** Traces on disk, one record a line: a long run's trace does not fit in memory twice. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceRecord } from "#sim/trace.js";

const BUFFER_CHARS = 1 << 16;

/** A trace that is being written. */
export class TraceFile {
  readonly #fd: number;
  #buffer = "";

  constructor(path: string) {
    this.#fd = openSync(path, "w");
  }

  add(record: TraceRecord): void {
    this.#buffer += `${JSON.stringify(record)}\n`;
    if (this.#buffer.length >= BUFFER_CHARS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    writeSync(this.#fd, this.#buffer);
    this.#buffer = "";
  }
}

/** Gives `use` two paths in a directory that is gone afterwards. */
export async function withTraceFiles<T>(use: (paths: readonly [string, string]) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-"));
  try {
    return await use([join(directory, "first.jsonl"), join(directory, "second.jsonl")]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
