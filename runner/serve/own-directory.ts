/** A server's directory, taken before anything in it is read or written. */
import { isDiskError } from "#engines/env/index.js";
import { NodeDisk, makeRoot } from "#engines/env/node/disk.js";
import { UsageError } from "../errors.js";
import { lockDirectory, type DirectoryLock } from "./directory-lock.js";
import { claimDirectory, type Identity, type ServedEngine } from "./identity.js";
import type { ServerOptions } from "./server.js";

/** Throws `UsageError` where it can't be used, or another process has it. */
export async function takeDirectory(path: string): Promise<DirectoryLock> {
  await orUnusable(path, () => makeRoot(path));
  const lock = await lockDirectory(path);
  if (lock !== undefined) return lock;
  throw new UsageError(
    "--dir",
    "a directory of its own",
    `${path}, which another process has open`,
    "end that process, or name another directory",
  );
}

/** Behind the lock: two that start at once must not both get it. Throws `UsageError` where it is another server's. */
export function claim(engine: ServedEngine, { directory, node, servers }: ServerOptions): Promise<Identity> {
  const disk = new NodeDisk(directory, { sync: "inline", read: "inline" });
  const wanted = { engine, node, firstMembers: [...servers.keys()] };
  return orUnusable(directory, () => claimDirectory(disk, directory, wanted));
}

async function orUnusable<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    // The seam knows no EACCES and takes it for EIO, which would have people look for a broken disk.
    const { code = error.code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    throw new UsageError("--dir", "a directory to write to", `${path} (${code})`, "name another one");
  }
}
