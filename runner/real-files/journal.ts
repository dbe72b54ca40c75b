/**
 * The side file of a process that will be killed. A write to a file needs no second process to arrive: what was
 * written when SIGKILL came is there, in order.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

export class Journal<N> {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, "a");
  }

  /** Returns once the note is in the file. */
  write(note: N): void {
    const line = Buffer.from(`${JSON.stringify(note, bytesToText)}\n`);
    for (let at = 0; at < line.length;) at += writeSync(this.#fd, line, at);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** All notes of a process that is gone. A last line that it did not finish is left out. */
export function readJournal<N>(path: string): N[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line, textToBytes) as N);
}

const BYTES = "base64:";

function bytesToText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? BYTES + Buffer.from(value).toString("base64") : value;
}

function textToBytes(_key: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(BYTES)) return value;
  return new Uint8Array(Buffer.from(value.slice(BYTES.length), "base64"));
}
