/** Keeps two environments, of one process or of two, from working in the same directory. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { DirectoryInUse } from "../errors.js";

/** The longest name there is. A shorter one is filled up with zeros by some versions of Node and not by others. */
const NAME_LENGTH = 108;
/** Who has it answers at once, unless it is stopped or in a long computation. Then the error has to do without. */
const ANSWER_TIMEOUT_MS = 500;
/** What is more is no process id. */
const ANSWER_LONGEST = 20;

/**
 * Takes the directory until `release` is called or the process is gone, however it ends. The directory must exist.
 * Throws `DirectoryInUse`.
 *
 * The lock is a name in Linux's abstract socket space, which the kernel gives to one process and frees with it: a
 * file with a process id in it outlives a kill, and the id may be somebody else's by then. It is not seen from
 * another network namespace (a container). Elsewhere than on Linux nothing is locked.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  if (process.platform !== "linux") return { release: () => Promise.resolve() };
  // While it is open no other directory gets its number, even if it is removed.
  const fd = openSync(path, "r");
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const socket = await listen(path, `\0seedstorm/${dev}/${ino}`.padEnd(NAME_LENGTH, "/"));
    return {
      async release() {
        await new Promise((resolve) => socket.close(resolve));
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Takes the name, and tells who asks that it is this process's. */
async function listen(path: string, name: string): Promise<Server> {
  const socket = createServer((connection) => {
    // Who asked may be gone.
    connection.on("error", () => undefined);
    connection.unref();
    connection.end(String(process.pid));
  });
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    socket.listen(name, () => resolve(true));
  });
  if (!isOurs) throw new DirectoryInUse(path, describe(await whoHas(name)));
  // The lock is no reason for the process to live on.
  socket.unref();
  return socket;
}

/** The process that has the name; undefined where it doesn't answer. */
function whoHas(name: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const connection = connect(name);
    connection.setTimeout(ANSWER_TIMEOUT_MS, () => connection.destroy());
    connection.setEncoding("utf8");
    connection.on("data", (text: string) => {
      answer += text;
      if (answer.length > ANSWER_LONGEST) connection.destroy();
    });
    connection.on("error", () => undefined);
    connection.on("close", () => resolve(/^[1-9][0-9]{0,18}$/.test(answer) ? Number(answer) : undefined));
  });
}

function describe(pid: number | undefined): string {
  if (pid === undefined) return "one that another process has open";
  if (pid === process.pid) return "one that another environment of this process has open";
  return `one that process ${pid} has open`;
}
