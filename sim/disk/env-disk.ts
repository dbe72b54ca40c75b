import { assert, type Disk, type File, type OpenMode } from "#engines/env/index.js";
import { never, type Caller } from "../caller.js";
import { eventKind, type EventKind } from "../events.js";
import { hashText } from "../hash.js";
import { Background } from "./env-background.js";
import { EnvFile } from "./env-file.js";
import { Latency } from "./latency.js";
import { refuse } from "./refuse.js";
import { OperationCount } from "./operation-count.js";
import type { SimDisk } from "./sim-disk.js";

const OPEN = eventKind("disk/open");
const RENAME = eventKind("disk/rename");
const REMOVE = eventKind("disk/remove");
const MKDIR = eventKind("disk/mkdir");
const LIST = eventKind("disk/list");
const SYNC_DIR = eventKind("disk/sync-dir");

/** A machine's disk as one process uses it. Dies with the process; the `SimDisk` does not. */
export class EnvDisk implements Disk {
  readonly disk: SimDisk;
  readonly caller: Caller;
  readonly latency: Latency;
  readonly background: Background;
  readonly #counts: Map<string, OperationCount> = new Map();
  #debtUs = 0;

  constructor(caller: Caller, disk: SimDisk) {
    const { source } = disk.core.faults;
    assert(source !== undefined, "a disk under a process has decisions");
    this.caller = caller;
    this.disk = disk;
    this.latency = new Latency(disk.core, caller, source.decisions);
    disk.attach(caller.incarnation);
    this.background = new Background(caller, disk.core, source.decisions);
    this.background.wake();
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#namespace(OPEN, path, () => new EnvFile(this, path, this.disk.open(path, mode)));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#namespace(RENAME, from, () => this.disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#namespace(REMOVE, path, () => this.disk.remove(path));
  }

  mkdir(path: string): Promise<void> {
    return this.#namespace(MKDIR, path, () => this.disk.mkdir(path));
  }

  list(path: string): Promise<string[]> {
    return this.#namespace(LIST, path, () => this.disk.list(path));
  }

  syncDir(path: string): Promise<void> {
    if (!this.caller.tryEnter()) return never();
    try {
      const ticket = this.disk.beginSyncDir(path);
      const { sync } = this.disk.core.profile;
      const delayUs = this.latency.draw(sync, hashText(path), this.#number(path)) + this.settle();
      return this.caller.later(delayUs, SYNC_DIR, 0, () => this.disk.endSync(ticket));
    } catch (error) {
      return refuse(error);
    }
  }

  /** Notes that the process made the operating system work; the next awaited call takes as much longer. */
  charge(costUs: number): void {
    this.#debtUs += costUs;
  }

  /** What is owed for synchronous calls. */
  settle(): number {
    const owedUs = this.#debtUs;
    this.#debtUs = 0;
    return owedUs;
  }

  #namespace<T>(kind: EventKind, path: string, effect: () => T): Promise<T> {
    if (!this.caller.tryEnter()) return never();
    const { namespace } = this.disk.core.profile;
    const delayUs = this.latency.draw(namespace, hashText(path), this.#number(path)) + this.settle();
    return this.caller.later(delayUs, kind, path.length, effect);
  }

  #number(path: string): number {
    let count = this.#counts.get(path);
    if (count === undefined) this.#counts.set(path, (count = new OperationCount()));
    return count.next(this.caller.incarnation);
  }
}
