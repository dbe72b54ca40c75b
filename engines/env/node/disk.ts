import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Disk, OpenMode } from "../disk.js";
import { DiskError, SeedstormError } from "../errors.js";
import { lockDirectory, type DirectoryLock } from "./directory-lock.js";
import { toDiskError } from "./disk-errors.js";
import { NodeFile, type DiskOptions } from "./file.js";

const openFd = promisify(fs.open);
const closeFd = promisify(fs.close);
const fsync = promisify(fs.fsync);

const { O_RDWR, O_CREAT, O_EXCL, O_RDONLY, O_DIRECTORY } = fs.constants;
const OPEN_FLAGS: Record<OpenMode, number> = {
  existing: O_RDWR,
  create: O_RDWR | O_CREAT,
  exclusive: O_RDWR | O_CREAT | O_EXCL,
};

/**
 * Files below `root`, a directory that nobody else may touch. The first call that changes something or opens a file
 * locks it, see `lockDirectory`, and `close` gives it back: who never uses its disk may share its root.
 *
 * What `sync` promises is what `fdatasync` does: the data, and of the metadata the size in both directions
 * (ext4 and XFS commit a changed size with it), but no times. It can be no better than the device's flush.
 */
export class NodeDisk implements Disk {
  readonly #root: string;
  readonly #options: DiskOptions;
  readonly #open: Set<NodeFile> = new Set();
  /** Undefined before the first use, and after one that was refused. */
  #lock: Promise<DirectoryLock> | undefined;
  /** What still needs the lock. */
  readonly #inFlight: Set<Promise<unknown>> = new Set();
  #isClosed = false;

  constructor(root: string, options: DiskOptions) {
    this.#root = root;
    this.#options = options;
  }

  async open(path: string, mode: OpenMode): Promise<NodeFile> {
    const where = `open ${path} (${mode})`;
    const target = this.#resolve(path, where);
    return await this.#use(where, async () => {
      const fd = await openFd(target, OPEN_FLAGS[mode]);
      const file = new NodeFile(fd, path, this.#options, () => this.#open.delete(file));
      this.#open.add(file);
      return file;
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const where = `rename ${from} to ${to}`;
    const [source, target] = [this.#resolve(from, where), this.#resolve(to, where)];
    await this.#use(where, async () => {
      await refuseDirectory(source, where);
      await fs.promises.rename(source, target);
    });
  }

  async remove(path: string): Promise<void> {
    const where = `remove ${path}`;
    const target = this.#resolve(path, where);
    await this.#use(where, async () => {
      await refuseDirectory(target, where);
      await fs.promises.unlink(target);
    });
  }

  async mkdir(path: string): Promise<void> {
    const where = `mkdir ${path}`;
    const target = this.#resolve(path, where);
    await this.#use(where, () => fs.promises.mkdir(target));
  }

  async list(path: string): Promise<string[]> {
    const where = `list ${path}`;
    return (await attempt(where, () => fs.promises.readdir(this.#resolve(path, where)))).sort();
  }

  async syncDir(path: string): Promise<void> {
    const where = `syncDir ${path}`;
    await attempt(where, () => syncDirectory(this.#resolve(path, where)));
  }

  /** Gives all back, after the calls that still run: the files that are open, then the root. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#inFlight);
    try {
      await Promise.all([...this.#open].map((file) => file.close()));
    } finally {
      await (await this.#lock)?.release();
    }
  }

  /** Runs what needs the root for this disk alone. Throws `DirectoryInUse`, `DiskError`. */
  #use<T>(where: string, operation: () => Promise<T>): Promise<T> {
    const running = attempt(where, async () => {
      await this.#own(where);
      return await operation();
    }).finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
    return running;
  }

  async #own(where: string): Promise<void> {
    if (this.#isClosed) throw new DiskError("EBADF", `${where}, after the end of its environment`);
    this.#lock ??= lockDirectory(this.#root).catch((error: unknown) => {
      // Whoever has it may be gone the next time.
      this.#lock = undefined;
      throw error;
    });
    await this.#lock;
  }

  /** Where `path` is on this machine. EINVAL unless it is relative, normal and inside the root. */
  #resolve(path: string, where: string): string {
    const isNormal =
      path === "" || path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
    if (!isNormal || path.includes("\0")) throw new DiskError("EINVAL", where);
    return join(this.#root, path);
  }
}

/** Makes `root` and what is missing above it, each durable in its parent, so that no crash takes the root away. Throws `DiskError`. */
export async function makeRoot(root: string): Promise<void> {
  await attempt(`make the root ${root}`, async () => {
    await makeWithParents(resolve(root));
  });
}

/** Not `mkdir` with `recursive`: that never returns where a file system says ENOENT, as /proc does. */
async function makeWithParents(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeWithParents(parent);
  try {
    await fs.promises.mkdir(path);
  } catch (error) {
    // Another process may have been faster.
    if (!(await isDirectory(path))) throw error;
  }
  await syncDirectory(parent);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await fs.promises.stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const fd = await openFd(directory, O_RDONLY | O_DIRECTORY);
  try {
    await fsync(fd);
  } finally {
    await closeFd(fd);
  }
}

/** POSIX would rename directories, and not every system says EISDIR where one is unlinked. */
async function refuseDirectory(path: string, where: string): Promise<void> {
  if ((await fs.promises.lstat(path)).isDirectory()) throw new DiskError("EISDIR", where);
}

async function attempt<T>(where: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw error instanceof SeedstormError ? error : toDiskError(error, where);
  }
}
