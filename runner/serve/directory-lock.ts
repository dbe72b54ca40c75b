/** Keeps two processes of one machine from opening the same directory. */
import { statSync } from "node:fs";
import { createServer } from "node:net";

/** The longest name there is. A shorter one is filled up with zeros by some versions of Node and not by others. */
const NAME_LENGTH = 108;

/**
 * Takes the directory for this process until `release` is called or the process is gone, however it ends. Undefined
 * where another process has it. The directory must exist.
 *
 * The lock is a name in Linux's abstract socket space, which the kernel gives to one process and frees with it: a
 * file with a process id in it outlives a kill, and the id may be somebody else's by then. It is not seen from
 * another network namespace (a container). Elsewhere than on Linux nothing is locked.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock | undefined> {
  if (process.platform !== "linux") return { release: () => Promise.resolve() };
  const { dev, ino } = statSync(path, { bigint: true });
  const socket = createServer((connection) => connection.destroy());
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    socket.listen(`\0seedstorm/${dev}/${ino}`.padEnd(NAME_LENGTH, "/"), () => resolve(true));
  });
  if (!isOurs) return undefined;
  // The lock is no reason for the process to live on.
  socket.unref();
  return { release: () => new Promise((resolve) => socket.close(() => resolve())) };
}

export interface DirectoryLock {
  release(): Promise<void>;
}
