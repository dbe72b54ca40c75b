import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Disk, OpenMode } from "../disk.js";
import { DiskError } from "../errors.js";
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
 * Files below `root`, a directory that no other process may touch. Nothing locks it.
 *
 * What `sync` promises is what `fdatasync` does: the data, and of the metadata the size in both directions
 * (ext4 and XFS commit a changed size with it), but no times. It can be no better than the device's flush.
 */
export class NodeDisk implements Disk {
  readonly #root: string;
  readonly #options: DiskOptions;
  readonly #open: Set<NodeFile> = new Set();

  constructor(root: string, options: DiskOptions) {
    this.#root = root;
    this.#options = options;
  }

  async open(path: string, mode: OpenMode): Promise<NodeFile> {
    const where = `open ${path} (${mode})`;
    const fd = await attempt(where, () => openFd(this.#resolve(path, where), OPEN_FLAGS[mode]));
    const file = new NodeFile(fd, path, this.#options, () => this.#open.delete(file));
    this.#open.add(file);
    return file;
  }

  async rename(from: string, to: string): Promise<void> {
    const where = `rename ${from} to ${to}`;
    const [source, target] = [this.#resolve(from, where), this.#resolve(to, where)];
    await attempt(where, async () => {
      await refuseDirectory(source, where);
      await fs.promises.rename(source, target);
    });
  }

  async remove(path: string): Promise<void> {
    const where = `remove ${path}`;
    const target = this.#resolve(path, where);
    await attempt(where, async () => {
      await refuseDirectory(target, where);
      await fs.promises.unlink(target);
    });
  }

  async mkdir(path: string): Promise<void> {
    const where = `mkdir ${path}`;
    await attempt(where, () => fs.promises.mkdir(this.#resolve(path, where)));
  }

  async list(path: string): Promise<string[]> {
    const where = `list ${path}`;
    return (await attempt(where, () => fs.promises.readdir(this.#resolve(path, where)))).sort();
  }

  async syncDir(path: string): Promise<void> {
    const where = `syncDir ${path}`;
    await attempt(where, () => syncDirectory(this.#resolve(path, where)));
  }

  /** Closes every file that is still open. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((file) => file.close()));
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
    throw error instanceof DiskError ? error : toDiskError(error, where);
  }
}
