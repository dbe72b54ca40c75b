/** Whose directory it is: a server with another's vote and log would be that other one a second time. */
import { isDiskError, type Disk } from "#engines/env/index.js";
import { readFully, writeFully } from "#engines/bytes/index.js";
import { UsageError } from "../errors.js";

/** What a server was made as. It never changes. */
export interface Identity {
  readonly engine: ServedEngine;
  readonly node: string;
  /** The members that the cluster began with. Which there are now is in the log, and only what differs from these. */
  readonly firstMembers: readonly string[];
}

/** What can be served. */
export type ServedEngine = "raft" | "broker";

const FILE = "node";
const TEMPORARY = "node.new";
/** Without an engine it is Raft's: so the first servers were made. */
const CONTENT = /^(?:engine (broker)\n)?node (\S+)\nfirst members (\S+(?: \S+)*)\n$/;
/** A directory of the journal's, of a controller or of a broker. */
const OF_A_SERVER = /^(?:raft-\d+|controller|broker)$/;

/**
 * Gives the directory to `wanted` where it is nobody's, durably, and reads whose it is. `path` is what messages
 * call the directory. Throws `UsageError` where it is another server's or nobody can tell, and `DiskError`.
 */
export async function claimDirectory(disk: Disk, path: string, wanted: Identity): Promise<Identity> {
  const text = await readText(disk);
  if (text === undefined) {
    if ((await disk.list("")).some((name) => OF_A_SERVER.test(name))) {
      throw refusal(wanted, `${path}, whose files don't say whose they are`);
    }
    const engine = wanted.engine === "raft" ? "" : `engine ${wanted.engine}\n`;
    await writeText(disk, `${engine}node ${wanted.node}\nfirst members ${wanted.firstMembers.join(" ")}\n`);
    return wanted;
  }
  const [found, other, node, members] = CONTENT.exec(text) ?? [];
  if (found === undefined || node === undefined || members === undefined) {
    throw refusal(wanted, `${path}, whose file "${FILE}" is damaged`);
  }
  const engine = other === undefined ? "raft" : "broker";
  if (engine !== wanted.engine) throw refusal(wanted, `${path}, which is a ${engine} server's`);
  if (node !== wanted.node) throw refusal(wanted, `${path}, which is ${node}'s`);
  return { engine, node, firstMembers: members.split(" ") };
}

function refusal({ node }: Identity, found: string): UsageError {
  return new UsageError("--dir", `a new directory or ${node}'s own`, found, "name another one");
}

async function readText(disk: Disk): Promise<string | undefined> {
  try {
    const file = await disk.open(FILE, "existing");
    try {
      return new TextDecoder().decode(await readFully(file, 0, file.size()));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isDiskError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** There whole or not at all, whenever the machine dies. */
async function writeText(disk: Disk, text: string): Promise<void> {
  const file = await disk.open(TEMPORARY, "create");
  try {
    // A crash may have left one.
    file.truncate(0);
    writeFully(file, 0, new TextEncoder().encode(text), () => undefined);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(TEMPORARY, FILE);
  await disk.syncDir("");
}
