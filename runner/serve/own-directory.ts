/** A server's directory, and that it is this server's. */
import { DirectoryInUse, isDiskError } from "#engines/env/index.js";
import { NodeDisk, makeRoot } from "#engines/env/node/disk.js";
import { UsageError } from "../errors.js";
import { claimDirectory, type Identity, type ServedEngine } from "./identity.js";
import type { ServerOptions } from "./server.js";

/**
 * Makes the directory where it is missing, and gives it to this server. Throws `UsageError` where it can't be used, is
 * another server's, or another process has it. It is not kept: the environment that is opened on it next takes it again.
 */
export function claim(engine: ServedEngine, { directory, node, servers }: ServerOptions): Promise<Identity> {
  return orUnusable(directory, async () => {
    await makeRoot(directory);
    // Two that start at once must not both get it, so this disk locks it meanwhile.
    const disk = new NodeDisk(directory, { sync: "inline", read: "inline" });
    try {
      return await claimDirectory(disk, directory, { engine, node, firstMembers: [...servers.keys()] });
    } finally {
      await disk.close();
    }
  });
}

async function orUnusable<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DirectoryInUse) {
      const { expected, found, where, todo } = error.parts;
      throw new UsageError("--dir", expected, `${where}, ${found}`, todo);
    }
    if (!isDiskError(error)) throw error;
    // The seam knows no EACCES and takes it for EIO, which would have people look for a broken disk.
    const { code = error.code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    throw new UsageError("--dir", "a directory to write to", `${path} (${code})`, "name another one");
  }
}
