/** One server of a distributed log, controller and broker in one process, on real files and sockets. */
import type { BrokerEvent } from "#engines/broker/index.js";
import type { InternalTopicOptions } from "#engines/broker/coordinator/index.js";
import { Controller } from "#engines/broker/controller/index.js";
import { Broker, type BrokerOptions } from "#engines/broker/server/index.js";
import type { Observation, SeedstormError } from "#engines/env/index.js";
import { nodeEnv, type Address, type NodeEnv } from "#engines/env/node/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import { narrator } from "./narrator.js";
import { claim } from "./own-directory.js";
import type { ServedServer, ServerOptions } from "./server.js";

export interface BrokerServerOptions extends ServerOptions {
  readonly durability: NonNullable<BrokerOptions["durability"]>;
  /** A broker that is silent for so long is fenced, and others lead what it led. */
  readonly sessionTimeoutUs: number;
}

/** As Kafka has them: heartbeats each 2 s of a session of 9 s. */
const HEARTBEATS_IN_SESSION = 4.5;
/** How long a controller may take, unless that is too much of a session: then others could not be asked in it. */
const ATTEMPT = { usualUs: 500_000, inSession: 4 };
/** Where all servers are ended at once nobody is left to hand over to. */
const SHUTDOWN_TIMEOUT_US = 3_000_000;

interface Parts {
  readonly env: NodeEnv;
  readonly controller: Controller;
  readonly broker: Broker;
}

/**
 * Of what brokers keep of groups and transactions, as `client broker create` has it of a topic: with the default of three
 * replicas a smaller cluster would never have any.
 */
function replicationAmong(servers: number): InternalTopicOptions {
  const replicationFactor = Math.min(3, servers);
  return { replicationFactor, minInsyncReplicas: Math.max(1, replicationFactor - 1) };
}

export class BrokerServer implements ServedServer {
  readonly address: Address;
  readonly members: readonly string[];
  /** A topic that is created then may have its replicas here. */
  readonly ready: Promise<void>;
  readonly ended: Promise<SeedstormError | undefined>;
  readonly #broker: Broker;

  private constructor(parts: Parts, members: readonly string[], ready: Promise<void>) {
    this.address = parts.env.address!;
    this.members = members;
    this.ready = ready;
    this.#broker = parts.broker;
    this.ended = end(parts);
  }

  get waitsFor(): string {
    return `a majority of ${this.membersText}`;
  }

  get membersText(): string {
    return this.members.join(" ");
  }

  /**
   * Recovers the server from its directory and starts it; it is `ready` once a majority of the controllers is there.
   * Throws `UsageError` where the directory can't be used, is another server's or another process has it,
   * LISTEN_FAILED, and what the storage throws.
   */
  static async open(options: BrokerServerOptions): Promise<BrokerServer> {
    const tell = narrator(options.onLine, (event) => lineOf(options.node, event));
    let takesPart = (): void => undefined;
    const ready = new Promise<void>((resolve) => (takesPart = resolve));
    let env: NodeEnv | undefined;
    try {
      const { firstMembers: controllers } = await claim("broker", options);
      env = await nodeEnv({
        node: options.node,
        root: options.directory,
        network: { listen: options.listen, peers: options.servers },
        onObserve(observation) {
          tell(observation);
          const event = observation as BrokerEvent;
          if (event.kind === "broker/fenced" && !event.isFenced) takesPart();
        },
        onLog: options.onLine,
      });
      const rpc = new RpcServer(env);
      const { sessionTimeoutUs, durability } = options;
      const controller = await Controller.open(env, rpc, {
        directory: "controller",
        controllers,
        sessionTimeoutUs,
      });
      const broker = await Broker.open(env, rpc, {
        directory: "broker",
        controllers,
        durability,
        heartbeatUs: Math.floor(sessionTimeoutUs / HEARTBEATS_IN_SESSION),
        attemptTimeoutUs: Math.min(ATTEMPT.usualUs, Math.floor(sessionTimeoutUs / ATTEMPT.inSession)),
        shutdownTimeoutUs: SHUTDOWN_TIMEOUT_US,
        internalTopics: replicationAmong(controllers.length),
      });
      return new BrokerServer({ env, controller, broker }, controllers, ready);
    } catch (error) {
      await env?.close();
      throw error;
    }
  }

  /** Others take over what it leads, as far as there are any; then its logs are closed in order. */
  async close(): Promise<void> {
    await this.#broker.close();
    await this.ended;
  }
}

/** Where one of the two parts can't go on, the other ends, too: both are on the one disk. */
async function end({ env, controller, broker }: Parts): Promise<SeedstormError | undefined> {
  const first = await Promise.race([controller.stopped, broker.stopped]);
  await broker.close();
  await controller.close();
  const reason = first ?? (await broker.stopped) ?? (await controller.stopped);
  await env.close();
  return reason;
}

function lineOf(node: string, observation: Observation): string | undefined {
  const event = observation as BrokerEvent;
  if (event.kind === "controller/activated") return `is the active controller in term ${event.term}`;
  if (event.kind === "controller/resigned") return "is no longer the active controller";
  if (event.kind === "broker/fenced") return event.isFenced ? "is fenced" : "takes part";
  if (event.kind === "broker/became-leader") return `leads ${event.partition} in epoch ${event.epoch}`;
  if (event.kind === "broker/became-follower") {
    return `follows ${event.leader ?? "nobody"} in ${event.partition}, epoch ${event.epoch}`;
  }
  if (event.kind === "broker/isr-changed" && event.state.leader === node) {
    return `has ${event.state.isr.join(" ")} in sync in ${event.partition}`;
  }
  if (event.kind === "broker/log-failed") return `found ${event.partition} unusable: ${event.reason}`;
  return undefined;
}
