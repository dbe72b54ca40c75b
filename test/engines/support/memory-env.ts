/**
 * A small environment for tests of one engine: files in memory, a clock that is turned by hand, failures on
 * demand. It has no power loss: the simulator's disk is for that.
 */
import {
  DiskError,
  type Clock,
  type Disk,
  type DiskErrorCode,
  type Env,
  type File,
  type Network,
  type Observation,
  type OpenMode,
  type Timer,
} from "#engines/env/index.js";

export type Operation =
  "open" | "rename" | "remove" | "mkdir" | "list" | "syncDir" | "write" | "truncate" | "read" | "sync";

/** From this on the process is dead: every call throws it, and has no effect. */
export class Crashed extends Error {}

interface Content {
  bytes: Uint8Array;
}

export class MemoryDisk implements Disk {
  readonly files: Map<string, Content> = new Map();
  readonly directories: Set<string> = new Set([""]);
  /** `operation path`, in order. */
  readonly calls: string[] = [];
  /** Decides whether a call fails. */
  failing: (operation: Operation, path: string) => DiskErrorCode | undefined = () => undefined;
  /** Called before every call; may throw `Crashed`. */
  before: (operation: Operation, path: string) => void = () => undefined;
  /** All files together may take this much. */
  capacityBytes: number = Number.MAX_SAFE_INTEGER;
  /** At most this much is written or read at once. */
  atOnceBytes: number = Number.MAX_SAFE_INTEGER;

  check(operation: Operation, path: string): void {
    this.before(operation, path);
    this.calls.push(`${operation} ${path}`);
    const code = this.failing(operation, path);
    if (code !== undefined) throw new DiskError(code, `${operation} ${path}`);
  }

  usedBytes(): number {
    let used = 0;
    for (const content of this.files.values()) used += content.bytes.length;
    return used;
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    this.check("open", path);
    this.#parentOf(path);
    let content = this.files.get(path);
    if (content !== undefined && mode === "exclusive") throw new DiskError("EEXIST", path);
    if (content === undefined) {
      if (mode === "existing") throw new DiskError("ENOENT", path);
      content = { bytes: new Uint8Array(0) };
      this.files.set(path, content);
    }
    return new MemoryFile(this, path, content);
  }

  async rename(from: string, to: string): Promise<void> {
    this.check("rename", from);
    const content = this.files.get(from);
    if (content === undefined) throw new DiskError("ENOENT", from);
    this.files.delete(from);
    this.files.set(to, content);
  }

  async remove(path: string): Promise<void> {
    this.check("remove", path);
    if (!this.files.delete(path)) throw new DiskError("ENOENT", path);
  }

  async mkdir(path: string): Promise<void> {
    this.check("mkdir", path);
    this.#parentOf(path);
    if (this.directories.has(path)) throw new DiskError("EEXIST", path);
    this.directories.add(path);
  }

  async list(path: string): Promise<string[]> {
    this.check("list", path);
    if (!this.directories.has(path)) throw new DiskError("ENOENT", path);
    const prefix = path === "" ? "" : `${path}/`;
    const names = [...this.files.keys(), ...this.directories]
      .filter((each) => each !== "" && each.startsWith(prefix) && !each.slice(prefix.length).includes("/"))
      .map((each) => each.slice(prefix.length));
    return names.sort();
  }

  async syncDir(path: string): Promise<void> {
    this.check("syncDir", path);
    if (!this.directories.has(path)) throw new DiskError("ENOENT", path);
  }

  /** The same files on another disk, without the failures. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, content] of this.files) disk.files.set(path, { bytes: content.bytes.slice() });
    for (const path of this.directories) disk.directories.add(path);
    return disk;
  }

  #parentOf(path: string): void {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (!this.directories.has(parent)) throw new DiskError("ENOENT", parent);
  }
}

class MemoryFile implements File {
  readonly path: string;
  readonly #disk: MemoryDisk;
  readonly #content: Content;
  #isOpen = true;

  constructor(disk: MemoryDisk, path: string, content: Content) {
    this.#disk = disk;
    this.path = path;
    this.#content = content;
  }

  size(): number {
    if (!this.#isOpen) throw new DiskError("EBADF", this.path);
    return this.#content.bytes.length;
  }

  write(offset: number, bytes: Uint8Array): number {
    this.#check("write");
    const grown = Math.max(0, offset + bytes.length - this.#content.bytes.length);
    const room = Math.max(0, this.#disk.capacityBytes - this.#disk.usedBytes());
    const fits = grown > room ? bytes.length - (grown - room) : bytes.length;
    const taken = Math.min(fits, this.#disk.atOnceBytes);
    if (taken > 0) this.#put(offset, bytes.subarray(0, taken));
    if (taken <= 0 && bytes.length > 0) throw new DiskError("ENOSPC", `write ${this.path}`);
    return taken;
  }

  truncate(size: number): void {
    this.#check("truncate");
    const bytes = new Uint8Array(size);
    bytes.set(this.#content.bytes.subarray(0, size));
    this.#content.bytes = bytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#check("read");
    return this.#content.bytes.slice(offset, offset + Math.min(length, this.#disk.atOnceBytes));
  }

  async sync(): Promise<void> {
    this.#check("sync");
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #check(operation: Operation): void {
    if (!this.#isOpen) throw new DiskError("EBADF", this.path);
    this.#disk.check(operation, this.path);
  }

  #put(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#content.bytes.length) {
      const larger = new Uint8Array(end);
      larger.set(this.#content.bytes);
      this.#content.bytes = larger;
    }
    this.#content.bytes.set(bytes, offset);
  }
}

class ManualClock implements Clock {
  #nowUs = 0;
  readonly #timers: Set<{ dueUs: number; callback: () => void }> = new Set();

  nowUs(): number {
    return this.#nowUs;
  }

  wallUs(): number {
    return this.#nowUs;
  }

  sleep(durationUs: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(durationUs, resolve));
  }

  setTimer(durationUs: number, callback: () => void): Timer {
    const timer = { dueUs: this.#nowUs + durationUs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  advance(durationUs: number): void {
    this.#nowUs += durationUs;
    for (const timer of this.#timers) {
      if (timer.dueUs > this.#nowUs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

export class MemoryEnv implements Env {
  readonly node = "n1";
  readonly clock: ManualClock = new ManualClock();
  readonly disk: MemoryDisk;
  readonly network: Network = { send: () => undefined, receive: () => undefined };
  readonly events: Observation[] = [];
  readonly marks: Set<string> = new Set();
  buggified: (point: string) => boolean = () => false;
  #random: number;

  constructor(disk: MemoryDisk = new MemoryDisk(), seed = 1) {
    this.disk = disk;
    this.#random = seed;
  }

  readonly random = {
    uint32: (): number => {
      this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
      return this.#random;
    },
    below: (bound: number): number => this.random.uint32() % bound,
  };

  log(): void {}

  observe(event: Observation): void {
    this.events.push(event);
  }

  reached(mark: string): void {
    this.marks.add(mark);
  }

  buggify(point: string): boolean {
    return this.buggified(point);
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}
