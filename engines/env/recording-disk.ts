/**
 * Records what an engine does to its disk, so that a crash explorer can work out every state that a power loss
 * could have left.
 *
 * What it promises: operations are reported in the order in which they took effect, and only those that had
 * one. Files are told apart as inodes are: an id comes with the file, survives renames, and is never used
 * again. What it does not: reads are not reported, nor which handle was used. An operation that never resolves
 * (the process died inside it) is not reported, though it may have taken effect: a reader covers that by
 * looking at the state both with and without the next operation.
 */

import { assert } from "./assert.js";
import type { Disk, File, OpenMode } from "./disk.js";
import { isDiskError } from "./errors.js";

/**
 * One operation. Plain data; `bytes` is a copy. Names are durable once a `sync-dir-end` that is `ok` closes a
 * `sync-dir-begin` of their directory that was reported after them; what was reported in between may be
 * durable or not. The same holds for writes and truncations of a file between `sync-begin` and `sync-end`.
 */
export type DiskOp =
  /** A file that was there before the recording began, reported when it is first touched, taken as durable. */
  | { readonly kind: "found"; readonly file: number; readonly path: string; readonly bytes: Uint8Array }
  /** A new, empty file. */
  | { readonly kind: "create"; readonly file: number; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  /** `replaced` is the file that had the name `to`, where there was one. */
  | {
      readonly kind: "rename";
      readonly file: number;
      readonly from: string;
      readonly to: string;
      readonly replaced: number | null;
    }
  | { readonly kind: "remove"; readonly file: number; readonly path: string }
  /** `bytes` are those that were taken, which may be fewer than were given. */
  | { readonly kind: "write"; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  /** The write threw: any prefix of `bytes` may have been taken. */
  | {
      readonly kind: "write-failed";
      readonly file: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "truncate"; readonly file: number; readonly sizeBytes: number }
  /** `sync` pairs a begin with its end; several may run at once. */
  | { readonly kind: "sync-begin"; readonly file: number; readonly sync: number }
  | { readonly kind: "sync-end"; readonly file: number; readonly sync: number; readonly ok: boolean }
  | { readonly kind: "sync-dir-begin"; readonly path: string; readonly sync: number }
  | { readonly kind: "sync-dir-end"; readonly path: string; readonly sync: number; readonly ok: boolean };

export type DiskOpSink = (op: DiskOp) => void;

/**
 * `disk`, with every operation reported to `sink`, synchronously and before its caller learns that it is done.
 * Everything on `disk` must go through the one wrapper.
 *
 * Two things differ from the bare disk: changes of names run one after another, since the order of those that
 * overlap could not be told; and a file is looked up before it is created, to know whether it was there.
 */
export function recordDisk(disk: Disk, sink: DiskOpSink): Disk {
  return new RecordingDisk(disk, sink);
}

class RecordingDisk implements Disk {
  readonly #disk: Disk;
  readonly #sink: DiskOpSink;
  /** Which file has which name, as far as it is known: all but files not touched yet. */
  readonly #files: Map<string, number> = new Map();
  #nextFile = 1;
  #nextSync = 1;
  #lastNameChange: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, sink: DiskOpSink) {
    this.#disk = disk;
    this.#sink = sink;
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#inTurn(async () => {
      const handle = await this.#openOrCreate(path, mode);
      const file = this.#files.get(path);
      assert(file !== undefined, "a file that is open is known");
      return new RecordingFile(handle, file, this.#sink, () => this.#nextSync++);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#meet(from);
      const replaced = (await this.#meet(to)) ?? null;
      await this.#disk.rename(from, to);
      const file = this.#files.get(from);
      assert(file !== undefined, "a file that was renamed is known");
      if (from === to) return;
      this.#files.delete(from);
      this.#files.set(to, file);
      this.#sink({ kind: "rename", file, from, to, replaced });
    });
  }

  remove(path: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#meet(path);
      await this.#disk.remove(path);
      const file = this.#files.get(path);
      assert(file !== undefined, "a file that was removed is known");
      this.#files.delete(path);
      this.#sink({ kind: "remove", file, path });
    });
  }

  mkdir(path: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#disk.mkdir(path);
      this.#sink({ kind: "mkdir", path });
    });
  }

  list(path: string): Promise<string[]> {
    return this.#disk.list(path);
  }

  syncDir(path: string): Promise<void> {
    const sync = this.#nextSync++;
    this.#sink({ kind: "sync-dir-begin", path, sync });
    return this.#disk.syncDir(path).then(
      () => this.#sink({ kind: "sync-dir-end", path, sync, ok: true }),
      (error: unknown) => {
        this.#sink({ kind: "sync-dir-end", path, sync, ok: false });
        throw error;
      },
    );
  }

  /** Runs a change of names once all earlier ones have ended. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastNameChange.then(change);
    this.#lastNameChange = result.catch(() => undefined);
    return result;
  }

  async #openOrCreate(path: string, mode: OpenMode): Promise<File> {
    if (mode !== "exclusive") {
      try {
        const handle = await this.#disk.open(path, "existing");
        if (!this.#files.has(path)) await this.#found(path, handle);
        return handle;
      } catch (error) {
        if (mode === "existing" || !isDiskError(error, "ENOENT")) throw error;
      }
    }
    const handle = await this.#disk.open(path, "exclusive");
    const file = this.#nextFile++;
    this.#files.set(path, file);
    this.#sink({ kind: "create", file, path });
    return handle;
  }

  /** The file that has this name; undefined where there is none. */
  async #meet(path: string): Promise<number | undefined> {
    if (!this.#files.has(path)) {
      try {
        await (await this.#openOrCreate(path, "existing")).close();
      } catch (error) {
        if (!isDiskError(error, "ENOENT", "ENOTDIR", "EISDIR", "EINVAL")) throw error;
      }
    }
    return this.#files.get(path);
  }

  async #found(path: string, handle: File): Promise<void> {
    const bytes = new Uint8Array(handle.size());
    for (let at = 0; at < bytes.length;) {
      const part = await handle.read(at, bytes.length - at);
      assert(part.length > 0, "a file that nobody else changes keeps its size");
      bytes.set(part, at);
      at += part.length;
    }
    const file = this.#nextFile++;
    this.#files.set(path, file);
    this.#sink({ kind: "found", file, path, bytes });
  }
}

class RecordingFile implements File {
  readonly #handle: File;
  readonly #file: number;
  readonly #sink: DiskOpSink;
  readonly #nextSync: () => number;

  constructor(handle: File, file: number, sink: DiskOpSink, nextSync: () => number) {
    this.#handle = handle;
    this.#file = file;
    this.#sink = sink;
    this.#nextSync = nextSync;
  }

  get path(): string {
    return this.#handle.path;
  }

  size(): number {
    return this.#handle.size();
  }

  write(offset: number, bytes: Uint8Array): number {
    const file = this.#file;
    let taken: number;
    try {
      taken = this.#handle.write(offset, bytes);
    } catch (error) {
      if (isDiskError(error, "EIO", "ENOSPC", "EDQUOT")) {
        this.#sink({ kind: "write-failed", file, offset, bytes: bytes.slice() });
      }
      throw error;
    }
    if (taken > 0) this.#sink({ kind: "write", file, offset, bytes: bytes.slice(0, taken) });
    return taken;
  }

  truncate(size: number): void {
    this.#handle.truncate(size);
    this.#sink({ kind: "truncate", file: this.#file, sizeBytes: size });
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#handle.read(offset, length);
  }

  sync(isBusyMeanwhile?: boolean): Promise<void> {
    const sync = this.#nextSync();
    const file = this.#file;
    this.#sink({ kind: "sync-begin", file, sync });
    return this.#handle.sync(isBusyMeanwhile).then(
      () => this.#sink({ kind: "sync-end", file, sync, ok: true }),
      (error: unknown) => {
        this.#sink({ kind: "sync-end", file, sync, ok: false });
        throw error;
      },
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
