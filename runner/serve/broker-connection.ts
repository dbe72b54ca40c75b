/** A program's way into a cluster of real brokers. */
import {
  Admin,
  ClusterView,
  Consumer,
  GroupConsumer,
  Producer,
  type ConsumerOptions,
  type GroupConsumerOptions,
  type ProducerOptions,
} from "#engines/broker/client/index.js";
import { ControllerChannel } from "#engines/broker/controller/index.js";
import type { Address, NodeEnv } from "#engines/env/node/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { clientEnv } from "./client-env.js";

/** Each server is a controller and a broker. */
export class BrokerConnection {
  readonly admin: Admin;
  /** What this program knows of the cluster. */
  readonly cluster: ClusterView;
  readonly #env: NodeEnv;
  readonly #rpc: RpcClient;
  readonly #channel: ControllerChannel;

  private constructor(env: NodeEnv, servers: readonly string[]) {
    this.#env = env;
    this.#rpc = new RpcClient(env);
    this.#channel = new ControllerChannel(this.#rpc, { controllers: servers });
    this.cluster = new ClusterView(this.#rpc, { bootstrap: servers });
    this.admin = new Admin(this.#channel, this.cluster);
  }

  /** Dials when there is something to say, so a server that can't be reached is no error yet. */
  static async open(servers: ReadonlyMap<string, Address>): Promise<BrokerConnection> {
    return new BrokerConnection(await clientEnv(servers), [...servers.keys()]);
  }

  producer(options: Omit<ProducerOptions, "cluster"> = {}): Promise<Producer> {
    return Producer.open(this.#rpc, { ...options, cluster: this.cluster });
  }

  consumer(options: Omit<ConsumerOptions, "cluster"> = {}): Consumer {
    return new Consumer(this.#rpc, { ...options, cluster: this.cluster });
  }

  groupConsumer(options: Omit<GroupConsumerOptions, "cluster">): GroupConsumer {
    return new GroupConsumer(this.#rpc, { ...options, cluster: this.cluster });
  }

  /** Nothing of this connection may be used from its call on. */
  async close(): Promise<void> {
    this.cluster.close();
    this.#channel.close();
    await this.#env.close();
  }
}
