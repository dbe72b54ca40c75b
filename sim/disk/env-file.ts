import { DiskError, type File } from "#engines/env/index.js";
import { never } from "../caller.js";
import { eventKind } from "../events.js";
import { hashBytes } from "../hash.js";
import type { EnvDisk } from "./env-disk.js";

import { checkCount } from "./file-io.js";
import type { Inode } from "./inode.js";
import { refuse } from "./refuse.js";

const WRITE = eventKind("disk/write");
const TRUNCATE = eventKind("disk/truncate");
const READ = eventKind("disk/read");
const SYNC = eventKind("disk/sync");
const CLOSE = eventKind("disk/close");

/** An open file of one process. */
export class EnvFile implements File {
  readonly path: string;
  readonly #env: EnvDisk;
  readonly #inode: Inode;
  #closed = false;

  constructor(env: EnvDisk, path: string, inode: Inode) {
    this.#env = env;
    this.path = path;
    this.#inode = inode;
  }

  size(): number {
    this.#enter("size");
    return this.#inode.size;
  }

  write(offset: number, bytes: Uint8Array): number {
    this.#enter("write");
    const env = this.#env;
    env.charge(env.disk.core.profile.writeUs);
    let taken = 0;
    try {
      taken = env.disk.write(this.#inode, offset, bytes);
    } finally {
      // A write that fails may have left a part in: the digest of what was given is folded in any case.
      env.caller.effect(WRITE, taken, hashBytes(bytes) ^ offset, () => `${this.path} [${offset}, +${taken})`);
      env.background.wake();
    }
    return taken;
  }

  truncate(size: number): void {
    this.#enter("truncate");
    const env = this.#env;
    env.charge(env.disk.core.profile.writeUs);
    env.disk.truncate(this.#inode, size);
    env.caller.effect(TRUNCATE, size, 0, () => `${this.path} to ${size}`);
    env.background.wake();
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const env = this.#env;
    const inode = this.#inode;
    if (!env.caller.tryEnter()) return never();
    try {
      this.#checkOpen("read");
      checkCount(offset, "read", inode);
      checkCount(length, "read", inode);
      const { profile } = env.disk.core;
      const { latency, disk, caller } = env;
      const number = inode.calls.next(caller.incarnation);
      const delayUs = disk.isCached(inode, offset, length)
        ? profile.cachedReadUs
        : latency.draw(profile.read, inode.id, number);
      return caller.later(delayUs + env.settle(), READ, length, () => {
        env.background.wake();
        return disk.read(inode, offset, length);
      });
    } catch (error) {
      return refuse(error);
    }
  }

  sync(): Promise<void> {
    const env = this.#env;
    const inode = this.#inode;
    if (!env.caller.tryEnter()) return never();
    try {
      this.#checkOpen("sync");
      const { caller, disk, latency } = env;
      const ticket = disk.beginSync(inode);
      const number = inode.calls.next(caller.incarnation);
      const delayUs = latency.draw(disk.core.profile.sync, inode.id, number) + env.settle();
      return caller.later(delayUs, SYNC, inode.size, () => disk.endSync(ticket));
    } catch (error) {
      return refuse(error);
    }
  }

  close(): Promise<void> {
    const env = this.#env;
    if (!env.caller.tryEnter()) return never();
    this.#closed = true;
    const { namespace } = env.disk.core.profile;
    return env.caller.later(namespace.minUs + env.settle(), CLOSE, 0, () => undefined);
  }

  #enter(operation: string): void {
    this.#env.caller.enter();
    this.#checkOpen(operation);
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw new DiskError("EBADF", `${operation} ${this.path}`);
  }
}
