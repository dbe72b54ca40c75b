/** One server of a replicated key-value store, on real files and sockets. */
import { SeedstormError, isDiskError, type Observation } from "#engines/env/index.js";
import { nodeEnv, type Address, type NodeEnv } from "#engines/env/node/index.js";
import { NodeDisk, makeRoot } from "#engines/env/node/disk.js";
import {
  RaftNode,
  SessionMachine,
  makeConfiguration,
  type Configuration,
  type RaftEvent,
  type Role,
} from "#engines/raft/index.js";
import { Journal } from "#engines/raft/journal/index.js";
import { KeyValueMachine } from "#engines/raft/kv/index.js";
import { serveRaft } from "#engines/raft/service/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import { UsageError } from "../errors.js";
import { lockDirectory, type DirectoryLock } from "./directory-lock.js";
import { claimDirectory, type Identity } from "./identity.js";
import { serveStatus } from "./status.js";

export interface RaftServerOptions {
  /** The server's name, one of `servers`. */
  readonly node: string;
  /** Its own; made where it is missing. */
  readonly directory: string;
  readonly listen: Address;
  /** Every server of the cluster with its address. Who votes at first is settled by the first start. */
  readonly servers: ReadonlyMap<string, Address>;
  /** Takes what people should know, a line at a time. */
  readonly onLine: (line: string) => void;
}

const ROLE_TEXT: Readonly<Record<Role, string>> = {
  leader: "leads",
  follower: "follows",
  candidate: "looks for a leader",
  preCandidate: "looks for a leader",
};

export class RaftServer {
  /** Where it listens, with the port that was taken. */
  readonly address: Address;
  /** The members as its files had them when it started. */
  readonly members: Configuration;
  /** Resolves once the server has ended: to nothing after `close`, else to why it could not go on. */
  readonly ended: Promise<SeedstormError | undefined>;
  readonly #node: RaftNode;

  private constructor(env: NodeEnv, node: RaftNode, lock: DirectoryLock) {
    this.address = env.address!;
    this.members = node.inspect().configuration;
    this.#node = node;
    this.ended = node.stopped.then(async (reason) => {
      await env.close();
      await lock.release();
      return reason;
    });
  }

  /**
   * Recovers the server from its directory and starts it. Throws `UsageError` where the directory can't be used,
   * is another server's or another process has it, LISTEN_FAILED, and what the storage throws. A mistake in the
   * server's own code ends the process, as a crash would: nothing that follows from it gets out.
   */
  static async open(options: RaftServerOptions): Promise<RaftServer> {
    const lock = await takeDirectory(options.directory);
    let env: NodeEnv | undefined;
    try {
      const { firstMembers } = await claim(options);
      env = await nodeEnv({
        node: options.node,
        root: options.directory,
        network: { listen: options.listen, peers: options.servers },
        onObserve: narrator(options.onLine),
        onLog: options.onLine,
      });
      const node = await RaftNode.open(env, {
        storage: new Journal(env),
        machine: new SessionMachine(new KeyValueMachine()),
        bootstrap: makeConfiguration(firstMembers),
      });
      const rpc = new RpcServer(env);
      serveRaft(rpc, node);
      serveStatus(rpc, () => node.inspect());
      return new RaftServer(env, node, lock);
    } catch (error) {
      await env?.close();
      await lock.release();
      throw error;
    }
  }

  /** Ends the server. What it acknowledged is durable. */
  async close(): Promise<void> {
    await this.#node.close();
    await this.ended;
  }
}

async function takeDirectory(path: string): Promise<DirectoryLock> {
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

/** Before anything else is read or written, and behind the lock: two that start at once must not both get it. */
function claim({ directory, node, servers }: RaftServerOptions): Promise<Identity> {
  const disk = new NodeDisk(directory, { sync: "inline", read: "inline" });
  const wanted = { node, firstMembers: [...servers.keys()] };
  return orUnusable(directory, () => claimDirectory(disk, directory, wanted));
}

async function orUnusable<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new UsageError("--dir", "a directory to write to", `${path} (${error.code})`, "name another one");
  }
}

/** Puts what a server observes of itself into words. What is the same as the line before is left out. */
function narrator(onLine: (line: string) => void): (observation: Observation) => void {
  let before = "";
  return (observation) => {
    const line = lineOf(observation as RaftEvent);
    if (line === undefined || line === before) return;
    before = line;
    onLine(line);
  };
}

function lineOf(event: RaftEvent): string | undefined {
  if (event.kind === "raft/role-changed") return `${ROLE_TEXT[event.role]} in term ${event.term}`;
  if (event.kind === "raft/damaged") {
    return `found damage: ${event.reason}; takes part again once the others have repaired it`;
  }
  if (event.kind === "raft/repaired") return `is repaired in term ${event.term}`;
  if (event.kind === "raft/snapshot-installed") {
    return `took the leader's snapshot up to ${event.position.index}`;
  }
  return undefined;
}
