import * as fs from "node:fs";
import { promisify } from "node:util";
import type { File } from "../disk.js";
import { DiskError } from "../errors.js";
import { toDiskError } from "./disk-errors.js";

const closeFd = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const readFd = promisify<number, Uint8Array, number, number, number, number>(
  (fd, bytes, at, length, offset, done) => fs.read(fd, bytes, at, length, offset, done),
);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads up to this size allocate what was asked for; longer ones look at the size of the file first. */
const READ_UNCHECKED_BYTES = 64 * 1024;

/** Where a blocking call runs: on the event loop's own thread, or on one of libuv's four. */
export type IoStrategy = "inline" | "threadpool";

/**
 * Both strategies give the same results; they trade throughput for how long the event loop stands still.
 *
 * `sync`: all syncs of a file that are asked for in one turn of the event loop become one `fdatasync` at its
 * end. `inline` runs it there and blocks the loop meanwhile; `threadpool` runs it beside the loop. Synced
 * appends of 128 B a second, inline and threadpool: one writer 3.5-4.7 k and 3.2-3.8 k, 8 writers 26-38 k and
 * 24-32 k, 64 writers 170-250 k and 165-215 k. So `inline` is the default. Choose `threadpool` where a sync
 * takes milliseconds and timers or the network must go on meanwhile. Under `inline` too, a sync whose caller has work
 * for the meantime runs beside the loop, if none of this file is under way: a thread's 50 us are less than that work.
 *
 * `read`: 4 KiB from the page cache take 2.3 us `inline` and 36 us on the `threadpool` (9 us each with 16 at
 * once). So `inline` is the default. Choose `threadpool` where the data is much larger than memory and the
 * device slow, since a miss blocks the loop.
 *
 * Measured on Node 20, ext4 on a virtual disk, two cores.
 */
export interface DiskOptions {
  readonly sync: IoStrategy;
  readonly read: IoStrategy;
}

export class NodeFile implements File {
  readonly path: string;
  readonly #fd: number;
  readonly #options: DiskOptions;
  readonly #onClosed: () => void;
  /** The sync that has not begun yet; all who ask before it begins share it. */
  #nextSync: Promise<void> | undefined;
  #runningSync: Promise<void> | undefined;
  /** What still needs the descriptor: closing it under a running call could hit another file. */
  readonly #inFlight: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  constructor(fd: number, path: string, options: DiskOptions, onClosed: () => void) {
    this.#fd = fd;
    this.path = path;
    this.#options = options;
    this.#onClosed = onClosed;
  }

  size(): number {
    return this.#attempt("size", undefined, () => fs.fstatSync(this.#fd).size);
  }

  write(offset: number, bytes: Uint8Array): number {
    return this.#attempt("write", offset, () => fs.writeSync(this.#fd, bytes, 0, bytes.length, offset));
  }

  truncate(size: number): void {
    this.#attempt("truncate", size, () => fs.ftruncateSync(this.#fd, size));
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = this.#attempt("read", offset, () => new Uint8Array(this.#readable(offset, length)));
    if (bytes.length === 0) return bytes;
    const count =
      this.#options.read === "inline"
        ? this.#attempt("read", offset, () => fs.readSync(this.#fd, bytes, 0, bytes.length, offset))
        : await this.#hold("read", offset, readFd(this.#fd, bytes, 0, bytes.length, offset));
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  sync(isBusyMeanwhile = false): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(this.#error("EBADF", "sync", undefined));
    if (isBusyMeanwhile && this.#nextSync === undefined && this.#runningSync === undefined) {
      // At once: a turn of the event loop is what the caller has work for.
      return this.#hold("sync", undefined, this.#syncBeside());
    }
    this.#nextSync ??= this.#hold("sync", undefined, this.#syncSoon());
    return this.#nextSync;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #syncSoon(): Promise<void> {
    await nextTurn();
    // Who asks while one is running needs another one, since that one may have passed their pages already.
    await this.#runningSync?.catch(() => undefined);
    this.#nextSync = undefined;
    if (this.#options.sync === "inline") fs.fdatasyncSync(this.#fd);
    else await this.#syncBeside();
  }

  /** Beside the event loop. No other one is running. */
  async #syncBeside(): Promise<void> {
    this.#runningSync = fdatasync(this.#fd);
    try {
      await this.#runningSync;
    } finally {
      this.#runningSync = undefined;
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    this.#onClosed();
    await closeFd(this.#fd).catch((error: unknown) => {
      throw toDiskError(error, `close ${this.path}`);
    });
  }

  #readable(offset: number, length: number): number {
    if (!isCount(length)) throw this.#error("EINVAL", "read", offset);
    if (length <= READ_UNCHECKED_BYTES) return length;
    return Math.min(length, Math.max(0, this.size() - offset));
  }

  /** Runs a synchronous call on the open descriptor, with `offset` checked and errors mapped. */
  #attempt<T>(operation: string, offset: number | undefined, call: () => T): T {
    if (this.#closing !== undefined) throw this.#error("EBADF", operation, offset);
    if (offset !== undefined && !isCount(offset)) throw this.#error("EINVAL", operation, offset);
    try {
      return call();
    } catch (error) {
      throw error instanceof DiskError ? error : toDiskError(error, this.#where(operation, offset));
    }
  }

  /** Keeps the descriptor open until `call` has settled, with errors mapped. */
  #hold<T>(operation: string, offset: number | undefined, call: Promise<T>): Promise<T> {
    const held = call
      .catch((error: unknown) => {
        throw toDiskError(error, this.#where(operation, offset));
      })
      .finally(() => this.#inFlight.delete(held));
    this.#inFlight.add(held);
    return held;
  }

  #error(code: "EBADF" | "EINVAL", operation: string, offset: number | undefined): DiskError {
    return new DiskError(code, this.#where(operation, offset));
  }

  #where(operation: string, offset: number | undefined): string {
    return offset === undefined ? `${operation} ${this.path}` : `${operation} ${this.path} at ${offset}`;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
