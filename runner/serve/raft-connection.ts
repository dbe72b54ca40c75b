/** A client's way into a cluster of real servers. */
import type { Address, NodeEnv } from "#engines/env/node/index.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { clientEnv } from "./client-env.js";
import { askStatus, type ServerStatus } from "./status.js";

export class RaftConnection {
  readonly #env: NodeEnv;
  readonly #rpc: RpcClient;
  readonly #servers: readonly string[];

  private constructor(env: NodeEnv, servers: readonly string[]) {
    this.#env = env;
    this.#rpc = new RpcClient(env);
    this.#servers = servers;
  }

  /** Dials when there is something to say, so a server that can't be reached is no error yet. */
  static async open(servers: ReadonlyMap<string, Address>): Promise<RaftConnection> {
    const env = await clientEnv(servers);
    return new RaftConnection(env, [...servers.keys()]);
  }

  /** A client with a session of its own. */
  client(): RaftClient {
    return new RaftClient(this.#rpc, { servers: this.#servers });
  }

  /** What each server says of itself; undefined where it does not answer in time. */
  async status(timeoutUs: number): Promise<ReadonlyMap<string, ServerStatus | undefined>> {
    const answers = this.#servers.map(
      async (server) => [server, await askStatus(this.#rpc, server, timeoutUs)] as const,
    );
    return new Map(await Promise.all(answers));
  }

  /** Nothing of this connection may be used from its call on. */
  async close(): Promise<void> {
    await this.#env.close();
  }
}
