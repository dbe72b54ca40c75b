/** The state of one machine's disk, which the files beside this one act on. It knows nothing of scheduling. */
import { finalize, fold, hashText } from "../hash.js";
import type { Fault } from "../faults/index.js";
import { Arena } from "./arena.js";
import type { DiskFaults } from "./disk-faults.js";
import type { Inode } from "./inode.js";
import { MetadataLog } from "./metadata-log.js";
import { Directory } from "./namespace.js";
import type { Page } from "./page.js";
import type { DiskProfile } from "./profile.js";

/** A page with versions in the device's cache. */
export interface DevicePage {
  readonly inode: Inode;
  readonly page: Page;
}

/** Something that holds for the whole disk until a moment of simulated time. */
export interface Spell {
  readonly fault: Fault;
  readonly untilUs: number;
}

export class DiskCore {
  /** Changes once: when a disk that recorded operations were replayed on gets a process. */
  faults: DiskFaults;
  readonly profile: DiskProfile;
  readonly nowUs: () => number;
  readonly arena: Arena = new Arena();
  readonly log: MetadataLog = new MetadataLog();
  readonly root: Directory = new Directory(0, "");
  /** The one order of all writes and metadata operations: the last number given. */
  order = 0;
  /** Number of the incarnation that uses the disk: part of the identity of its operations. */
  incarnation = 0;
  /** Power losses so far. */
  losses = 0;
  /** Files with dirty pages, each once. */
  dirtyFiles: Inode[] = [];
  device: DevicePage[] = [];
  /** While set and not over: no space (ENOSPC), no quota (EDQUOT), no answer from the device. */
  full: Spell | undefined = undefined;
  overQuota: Spell | undefined = undefined;
  stall: Spell | undefined = undefined;
  readonly #made: Map<string, number> = new Map();

  constructor(faults: DiskFaults, profile: DiskProfile, nowUs: () => number) {
    this.faults = faults;
    this.profile = profile;
    this.nowUs = nowUs;
  }

  /** The stable identity of what is created at `path` now: files that come and go elsewhere don't change it. */
  identify(path: string): number {
    const number = (this.#made.get(path) ?? 0) + 1;
    this.#made.set(path, number);
    return finalize(fold(hashText(path), number));
  }

  /** Lists a page whose newest version is not written yet. */
  listDirty(inode: Inode, page: Page): void {
    if (page.listed) return;
    page.listed = true;
    if (inode.dirty.push(page) === 1) this.dirtyFiles.push(inode);
  }

  /** Drops from the lists what is clean now. */
  sweep(): void {
    const { dirtyFiles } = this;
    let left = 0;
    for (const inode of dirtyFiles) {
      inode.sweep();
      if (inode.dirty.length > 0) dirtyFiles[left++] = inode;
    }
    dirtyFiles.length = left;
  }
}
