/** A cluster of real processes on this machine, for tests and benchmarks. */
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { assert } from "#engines/env/index.js";
import type { Address } from "#engines/env/node/index.js";
import type { ServeArguments } from "../commands/serve.js";
import { formatAddress } from "./address.js";
import { ServerProcess } from "./server-process.js";

const HOST = "127.0.0.1";

/** What all servers of a cluster have in common: the engine, and options as they are typed. */
export type ClusterArguments = Pick<ServeArguments, "engine" | "durability" | "session">;

export class LocalCluster {
  readonly addresses: ReadonlyMap<string, Address>;
  readonly #directory: string;
  readonly #args: ClusterArguments;
  readonly #processes: Map<string, ServerProcess> = new Map();

  private constructor(addresses: ReadonlyMap<string, Address>, directory: string, args: ClusterArguments) {
    this.addresses = addresses;
    this.#directory = directory;
    this.#args = args;
  }

  /** Starts so many servers, n1, n2..., each with files of its own below `directory`. All are ready then. */
  static async start(
    size: number,
    directory: string,
    args: ClusterArguments = { engine: "raft" },
  ): Promise<LocalCluster> {
    const ports = await freePorts(size);
    const addresses = new Map(ports.map((port, index) => [`n${index + 1}`, { host: HOST, port }]));
    const cluster = new LocalCluster(addresses, directory, args);
    try {
      await Promise.all([...addresses.keys()].map((name) => cluster.restart(name)));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Starts a server that was killed, and resolves once it is ready. */
  async restart(name: string): Promise<void> {
    assert(!this.#processes.has(name), "a server runs once");
    const peers = [...this.addresses].map(([node, address]) => `${node}=${formatAddress(address)}`).join(",");
    const process = ServerProcess.start({
      ...this.#args,
      node: name,
      dir: join(this.#directory, name),
      peers,
    });
    this.#processes.set(name, process);
    await process.ready;
  }

  /** Kills a server with SIGKILL, and resolves once it is gone. */
  async kill(name: string): Promise<void> {
    const process = this.#processes.get(name);
    assert(process !== undefined, "a server that is killed runs");
    this.#processes.delete(name);
    await process.end("SIGKILL");
  }

  /** Kills all that still run. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((name) => this.kill(name)));
  }
}

/** Ports that were free a moment ago, all different: they are all held before the first is given up. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort));
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function holdPort(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, () => resolve(server));
  });
}
