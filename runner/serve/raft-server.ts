/** One server of a replicated key-value store, on real files and sockets. */
import type { SeedstormError, Observation } from "#engines/env/index.js";
import { nodeEnv, type Address, type NodeEnv } from "#engines/env/node/index.js";
import {
  RaftNode,
  SessionMachine,
  describeConfiguration,
  makeConfiguration,
  membersOf,
  type RaftEvent,
  type Role,
} from "#engines/raft/index.js";
import { Journal } from "#engines/raft/journal/index.js";
import { KeyValueMachine } from "#engines/raft/kv/index.js";
import { serveRaft } from "#engines/raft/service/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import { narrator } from "./narrator.js";
import { claim } from "./own-directory.js";
import type { ServedServer, ServerOptions } from "./server.js";
import { serveStatus } from "./status.js";

const ROLE_TEXT: Readonly<Record<Role, string>> = {
  leader: "leads",
  follower: "follows",
  candidate: "looks for a leader",
  preCandidate: "looks for a leader",
};

export class RaftServer implements ServedServer {
  readonly address: Address;
  readonly members: readonly string[];
  readonly membersText: string;
  readonly waitsFor: undefined = undefined;
  /** What it is asked meanwhile waits for a leader. */
  readonly ready: Promise<void> = Promise.resolve();
  readonly ended: Promise<SeedstormError | undefined>;
  readonly #node: RaftNode;

  private constructor(env: NodeEnv, node: RaftNode) {
    this.address = env.address!;
    const { configuration } = node.inspect();
    this.members = membersOf(configuration);
    this.membersText = describeConfiguration(configuration);
    this.#node = node;
    this.ended = node.stopped.then(async (reason) => {
      await env.close();
      return reason;
    });
  }

  /**
   * Recovers the server from its directory and starts it. Throws `UsageError` where the directory can't be used,
   * is another server's or another process has it, LISTEN_FAILED, and what the storage throws. A mistake in the
   * server's own code ends the process, as a crash would: nothing that follows from it gets out.
   */
  static async open(options: ServerOptions): Promise<RaftServer> {
    let env: NodeEnv | undefined;
    try {
      const { firstMembers } = await claim("raft", options);
      env = await nodeEnv({
        node: options.node,
        root: options.directory,
        network: { listen: options.listen, peers: options.servers },
        onObserve: narrator(options.onLine, lineOf),
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
      return new RaftServer(env, node);
    } catch (error) {
      await env?.close();
      throw error;
    }
  }

  /** Ends the server. What it acknowledged is durable. */
  async close(): Promise<void> {
    await this.#node.close();
    await this.ended;
  }
}

function lineOf(observation: Observation): string | undefined {
  const event = observation as RaftEvent;
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
