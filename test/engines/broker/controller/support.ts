/** Three controllers in a simulated world, and brokers that are nothing but a channel to them. */
import type { Env } from "#engines/env/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import { Controller, ControllerChannel, type ControllerOptions } from "#engines/broker/controller/index.js";
import type { PartitionState } from "#engines/broker/metadata/index.js";
import {
  CREATE_TOPIC,
  FETCH_METADATA,
  HEARTBEAT,
  REGISTER,
  type ControllerCall,
} from "#engines/broker/protocol/index.js";
import type { FetchMetadataResponse, HeartbeatResponse } from "#engines/broker/protocol/types.js";
import { RpcClient, RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, inWorld } from "../../rpc/support.js";
import { CONFIG } from "../metadata/support.js";

export const NAMES: readonly string[] = ["c1", "c2", "c3"];
const PATIENCE_US = 5_000_000;
export const SESSION_US = 800_000;

export class TestControllers {
  readonly world: World;
  readonly controllers: Map<string, Controller> = new Map();
  readonly events: { readonly node: string; readonly event: BrokerEvent }[] = [];
  readonly #options: Partial<ControllerOptions>;

  constructor(world: World, options: Partial<ControllerOptions>) {
    this.world = world;
    this.#options = options;
    world.listen((from, event) => {
      if (!event.kind.startsWith("raft/")) {
        this.events.push({ node: from.node.name, event: event as BrokerEvent });
      }
    });
    for (const name of NAMES) this.boot(name);
  }

  boot(name: string): void {
    const node = this.world.node(name) ?? this.world.addNode(name);
    this.world.boot(node, async (env) => {
      const options = { directory: "meta", controllers: NAMES, sessionTimeoutUs: SESSION_US };
      const controller = await Controller.open(env, new RpcServer(env), { ...options, ...this.#options });
      this.controllers.set(name, controller);
      await controller.stopped;
    });
  }

  crash(name: string): void {
    this.controllers.delete(name);
    this.world.crash(this.world.node(name)!);
  }

  /** Waits until one of these, or of all, is active, and gives its name. */
  async active(among: readonly string[] = NAMES): Promise<string> {
    return this.until(() => among.find((name) => this.controllers.get(name)?.isActive === true));
  }

  /** Waits until there is something, and gives it. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (let tries = 0; tries < 400; tries++) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      await this.world.sleep(20_000);
    }
    throw new Error("it never happened");
  }

  of(name: string): Controller {
    return this.controllers.get(name)!;
  }

  async state(name = "orders-0"): Promise<PartitionState> {
    const controller = this.of(await this.active());
    return controller.image.partitions.get(name)!.state;
  }

  async broker(name: string): Promise<TestBroker> {
    const env = await boot(this.world, name);
    return new TestBroker(env, new ControllerChannel(new RpcClient(env), { controllers: NAMES }));
  }

  /** Brokers that are registered and unfenced, and send heartbeats until they are told to be silent. */
  async brokers(...names: readonly string[]): Promise<TestBroker[]> {
    const brokers: TestBroker[] = [];
    for (const name of names) {
      const broker = await this.broker(name);
      await broker.join(brokers.length + 1);
      broker.keepAlive(this.world);
      brokers.push(broker);
    }
    return brokers;
  }
}

export class TestBroker {
  readonly env: Env;
  readonly channel: ControllerChannel;
  readonly name: string;
  epoch = 0;
  isSilent = false;

  constructor(env: Env, channel: ControllerChannel) {
    this.env = env;
    this.channel = channel;
    this.name = env.node;
  }

  call<Request, T>(
    type: ControllerCall<Request, T>,
    request: Request,
    timeoutUs: number = PATIENCE_US,
  ): Promise<T> {
    return this.channel.call(type, request, timeoutUs);
  }

  async register(incarnation: number, previousEpoch?: number): Promise<void> {
    this.epoch = await this.call(REGISTER, { broker: this.name, incarnation, previousEpoch });
  }

  heartbeat(
    metadataOffset: number = Number.MAX_SAFE_INTEGER,
    wantsShutdown = false,
  ): Promise<HeartbeatResponse> {
    return this.call(HEARTBEAT, { broker: this.name, epoch: this.epoch, metadataOffset, wantsShutdown });
  }

  async join(incarnation: number): Promise<void> {
    await this.register(incarnation);
    await this.heartbeat();
  }

  keepAlive(world: World): void {
    const beat = async (): Promise<void> => {
      while (!this.isSilent) {
        await this.heartbeat().catch(() => undefined);
        await world.sleep(100_000);
      }
    };
    void beat();
  }

  createTopic(assignments: readonly (readonly string[])[] | undefined, partitions = 1): Promise<number> {
    const about = { topic: "orders", partitions, replicationFactor: 2, config: CONFIG };
    return this.call(CREATE_TOPIC, { ...about, assignments });
  }

  fetch(offset: number, maxWaitUs = 0): Promise<FetchMetadataResponse> {
    return this.call(FETCH_METADATA, { offset, maxWaitUs });
  }
}

export function withControllers(
  story: (cluster: TestControllers) => Promise<void>,
  options: Partial<ControllerOptions> = {},
): Promise<void> {
  return inWorld(async (world) => {
    const cluster = new TestControllers(world, options);
    await story(cluster);
    for (const controller of cluster.controllers.values()) await controller.close();
  });
}
