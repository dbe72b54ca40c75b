import type { OpenMode } from "#engines/env/index.js";
import type { Fault, Faults, FaultTarget } from "../faults/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import type { Stream } from "../streams.js";
import { mount, type DiskImage, type ImageFile } from "./image.js";
import { enumerateImages, type ImageSet } from "./images.js";
import {
  bytesOf,
  durableFiles,
  durableImage,
  fingerprint,
  inspect,
  type DiskInspection,
  type FileBytes,
  type Fingerprint,
} from "./inspect.js";
import { Replay } from "./replay.js";
import { DiskCore } from "./core.js";
import { DiskFaults } from "./disk-faults.js";
import { isCached, readFile, truncateFile, writeFile } from "./file-io.js";
import type { Inode } from "./inode.js";
import {
  Directory,
  findDirectory,
  listDirectory,
  makeDirectory,
  openFile,
  removeFile,
  renameFile,
} from "./namespace.js";
import { powerLoss } from "./power-loss.js";
import { HONEST_PROFILE, type DiskProfile } from "./profile.js";
import { beginSync, endDirectorySync, endFileSync, type SyncTicket } from "./sync.js";

export interface SimDiskOptions {
  readonly node: FaultTarget;
  /** Missing: nothing ever strikes, and a power loss keeps everything. */
  readonly faults?: Faults | undefined;
  readonly profile?: DiskProfile;
  /** Simulated time; needed only for faults that last. */
  readonly nowUs?: () => number;
}

/**
 * One machine's disk: a state machine that does what it is told at once and knows nothing of scheduling. It
 * outlives the processes that use it. `EnvDisk` binds it to one of them.
 */
export class SimDisk {
  /** For the other files of this folder. */
  readonly core: DiskCore;
  #replay: Replay | undefined;

  constructor({ node, faults, profile = HONEST_PROFILE, nowUs = () => 0 }: SimDiskOptions) {
    this.core = new DiskCore(new DiskFaults(node, faults), profile, nowUs);
  }

  /** A process begins to use the disk. Operations are numbered anew. */
  attach(incarnation: number): void {
    this.core.incarnation = incarnation;
  }

  /** See `Disk.open`. */
  open(path: string, mode: OpenMode): Inode {
    return openFile(this.core, path, mode);
  }

  /** See `Disk.rename`. */
  rename(from: string, to: string): void {
    renameFile(this.core, from, to);
  }

  /** See `Disk.remove`. */
  remove(path: string): void {
    removeFile(this.core, path);
  }

  /** See `Disk.mkdir`. */
  mkdir(path: string): void {
    makeDirectory(this.core, path);
  }

  /** See `Disk.list`. */
  list(path: string): string[] {
    return listDirectory(this.core, path);
  }

  /** See `File.write`. */
  write(inode: Inode, offset: number, bytes: Uint8Array): number {
    return writeFile(this.core, inode, offset, bytes);
  }

  /** See `File.truncate`. */
  truncate(inode: Inode, size: number): void {
    truncateFile(this.core, inode, size);
  }

  /** See `File.read`. */
  read(inode: Inode, offset: number, length: number): Uint8Array {
    return readFile(this.core, inode, offset, length);
  }

  /** Whether the page cache answers a read of these bytes. */
  isCached(inode: Inode, offset: number, length: number): boolean {
    return isCached(inode, offset, length);
  }

  /** Begins a sync of a file: it covers the writes and changes of size before now. */
  beginSync(inode: Inode): SyncTicket {
    return beginSync(this.core, inode);
  }

  /** Begins a sync of a directory: it covers the changes of its names before now. */
  beginSyncDir(path: string): SyncTicket {
    return beginSync(this.core, findDirectory(this.core, path, `syncDir ${path}`));
  }

  /** Makes durable what the sync covers, or does with it what a fault wants. Throws EIO. */
  endSync(ticket: SyncTicket): void {
    if (ticket.target instanceof Directory) endDirectorySync(this.core, ticket.target, ticket);
    else endFileSync(this.core, ticket.target, ticket);
  }

  /** The machine loses its power. `fault` is moved on in the ledger as `FAULT_KINDS` says. */
  powerLoss(fault?: Fault): void {
    powerLoss(this.core, fault);
  }

  /**
   * Every canonical image that a power loss could leave now, at most `limit` of them. The stream is used only
   * where there are more. The faults of this disk have no part in it.
   */
  images(limit: number, stream: Stream): ImageSet {
    return enumerateImages(this.core, limit, stream);
  }

  /** A disk with this image on its platter and an empty cache, as after the power came back. */
  static fromImage(image: DiskImage, options: SimDiskOptions): SimDisk {
    const disk = new SimDisk(options);
    mount(disk.core, image);
    return disk;
  }

  /** A disk on which these operations were carried out, its cache and all, as after the death of a process. */
  static fromOperations(ops: readonly DiskOp[], options: SimDiskOptions): SimDisk {
    const { profile = HONEST_PROFILE, node, faults } = options;
    const disk = new SimDisk({ node, profile });
    for (const op of ops) disk.apply(op);
    disk.core.faults = new DiskFaults(node, faults);
    return disk;
  }

  /** Carries out an operation that was recorded elsewhere. Only for a disk without faults. */
  apply(op: DiskOp): void {
    this.#replay ??= new Replay(this.core);
    this.#replay.apply(op);
  }

  /** What is dirty, and where the cache differs from the platter, by file. */
  inspect(): DiskInspection {
    return inspect(this.core);
  }

  /** The bytes of a file in the cache and on the platter: see where `inspect` says that they differ. */
  bytesOf(path: string): FileBytes | undefined {
    return bytesOf(this.core, path);
  }

  /** What the platter holds for certain. */
  durableImage(): DiskImage {
    return durableImage(this.core);
  }

  /** The files of `durableImage`, for a look: the bytes are the platter's own, not to be changed or kept. */
  durableFiles(): readonly ImageFile[] {
    return durableFiles(this.core);
  }

  /** Hashes of the durable state and of the whole. Reads every byte. */
  fingerprint(): Fingerprint {
    return fingerprint(this.core);
  }
}
