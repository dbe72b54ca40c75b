/** Rows that wait on disk until the batch is over, so that memory stays flat. */
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { AtomicFile } from "./atomic-file.js";
import type { SeedRow } from "./csv.js";

const READ_BYTES = 1 << 16;

/** A temporary file beside `path`; gone after `discard`, or when the process ends. */
export class Spool {
  readonly #file: AtomicFile;

  /** Throws `ReportNotWritten` where the place can't be written. */
  constructor(path: string) {
    this.#file = new AtomicFile(path);
  }

  add(row: SeedRow): void {
    this.#file.write(`${JSON.stringify(row)}\n`);
  }

  /** The rows again, in order. */
  *rows(): Generator<SeedRow> {
    this.#file.flush();
    for (const line of linesOf(this.#file.temporaryPath)) yield JSON.parse(line) as SeedRow;
  }

  discard(): void {
    this.#file.discard();
  }
}

/** The lines of a file, one at a time, without their newlines. */
export function* linesOf(path: string): Generator<string> {
  const fd = openSync(path, "r");
  try {
    const decoder = new StringDecoder("utf8");
    const bytes = Buffer.alloc(READ_BYTES);
    let rest = "";
    for (;;) {
      const count = readSync(fd, bytes, 0, READ_BYTES, null);
      const lines = (rest + decoder.write(bytes.subarray(0, count))).split("\n");
      rest = lines.pop()!;
      yield* lines;
      if (count === 0) break;
    }
    if (rest !== "") yield rest;
  } finally {
    closeSync(fd);
  }
}
