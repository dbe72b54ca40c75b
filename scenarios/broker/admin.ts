/**
 * The operators' client, which nothing strikes: it makes the topic, asks for what operators ask for, shows that a core of
 * the cluster makes progress, and reads everything in the end.
 */
import { BrokerError } from "#engines/broker/errors.js";
import { Consumer, Producer } from "#engines/broker/client/index.js";
import { ControllerChannel } from "#engines/broker/controller/index.js";
import { CREATE_TOPIC, ELECT_LEADER, REASSIGN, type Isolation } from "#engines/broker/protocol/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { assert, type Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { FinalLog } from "#sim/check/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { ORDER } from "../fleet.js";
import { partitionsOf } from "./clients.js";
import { TOPIC, type Caller, type Operations } from "./operations.js";
import type { BrokerPlan, TopicPlan } from "./plan.js";
import { markerName } from "./records.js";
import { newView } from "./view.js";

const CALL_TIMEOUT_US = 4_000_000;
/** The topic is made once there are controllers and brokers, however long that takes. */
const CREATE_TIMEOUT_US = 60_000_000;
const DELIVERY_TIMEOUT_US = 2_000_000;
const REQUEST_TIMEOUT_US = 500_000;
const READ_WITHIN_US = 20_000_000;
const POLL_US = 500_000;
const RETRY_US = 50_000;

/** What the client has while it runs. */
export interface Desk {
  readonly env: Env;
  readonly rpc: RpcClient;
  readonly channel: ControllerChannel;
  readonly caller: Caller;
}

export class Admin {
  readonly node: Node;
  readonly #run: Run;
  readonly #plan: BrokerPlan;
  readonly #operations: Operations;
  readonly #orders: ((desk: Desk) => void)[] = [];
  #desk: Desk | undefined;
  #markers = 0;

  constructor(run: Run, plan: BrokerPlan, operations: Operations) {
    this.#run = run;
    this.#plan = plan;
    this.#operations = operations;
    this.node = run.world.addNode("admin");
    const client = plan.producers.length + plan.consumers.length;
    run.world.boot(this.node, async (env: Env, self: Incarnation) => {
      const rpc = new RpcClient(env);
      const channel = new ControllerChannel(rpc, { controllers: plan.controllers });
      this.#desk = { env, rpc, channel, caller: { client, self } };
      for (const order of this.#orders.splice(0)) order(this.#desk);
      await new Promise<never>(() => {});
    });
  }

  createTopic(topic: string = TOPIC, plan: TopicPlan = this.#plan.topic): void {
    const { partitions, replicationFactor, config } = plan;
    void this.order(async ({ env, channel }) => {
      for (;;) {
        try {
          await channel.call(
            CREATE_TOPIC,
            { topic, partitions, replicationFactor, config, assignments: undefined },
            CREATE_TIMEOUT_US,
          );
          return;
        } catch (error) {
          if (!(error instanceof BrokerError)) throw error;
          // An attempt without an answer may have made it.
          if (error.code === "TOPIC_ALREADY_EXISTS") return;
          await env.clock.sleep(RETRY_US);
        }
      }
    });
  }

  reassign(partition: number, replicas: readonly string[] | undefined): void {
    this.#run.note(
      replicas === undefined
        ? `the reassignment of ${TOPIC}-${partition} is to be undone`
        : `${TOPIC}-${partition} is to move to ${replicas.join(" ")}`,
    );
    void this.order(({ channel }) =>
      this.#asked("reassignments", () =>
        channel.call(REASSIGN, { partition: { topic: TOPIC, partition }, replicas }, CALL_TIMEOUT_US),
      ),
    );
  }

  electPreferred(partition: number): void {
    this.#run.note(`the preferred replica of ${TOPIC}-${partition} is to lead`);
    void this.order(({ channel }) =>
      this.#asked("preferredElections", () =>
        channel.call(
          ELECT_LEADER,
          { partition: { topic: TOPIC, partition }, mode: "preferred" },
          CALL_TIMEOUT_US,
        ),
      ),
    );
  }

  /** Sends a record to every partition until each took one. Those that did not in time, and why. */
  async writesEverywhere(withinUs: number): Promise<ReadonlyMap<number, string>> {
    const missing = new Map(partitionsOf(this.#plan).map(({ partition }) => [partition, "no producer id"]));
    await this.order(async (desk) => {
      const { env, caller } = desk;
      const untilUs = env.clock.nowUs() + withinUs;
      while (missing.size > 0 && env.clock.nowUs() < untilUs) {
        await this.#withProducer(desk, async (producer) => {
          const number = this.#operations.newProducer();
          const sends = [...missing.keys()].map(async (partition) => {
            const name = markerName(this.#markers++);
            const keyName = this.#operations.isCompacted ? `marker${partition}` : undefined;
            const sending = { name, keyName, isTombstone: false, partition, isPromised: true, isOnce: true };
            const refusal = await this.#operations.send(caller, producer, number, sending);
            if (refusal === undefined) missing.delete(partition);
            else missing.set(partition, refusal);
          });
          await Promise.all(sends);
        });
      }
    });
    return missing;
  }

  /** Reads every partition from its beginning to its end, and has the oracle judge it. */
  async judgeAll(): Promise<void> {
    await this.order(async (desk) => {
      const logs: FinalLog[] = [];
      for (const partition of partitionsOf(this.#plan)) {
        const log = await this.readAll(desk, partition, "read_uncommitted");
        if (log === undefined) {
          this.#run.world.fail(
            "liveness/not-readable",
            `${partitionName(partition)} could not be read to its end`,
          );
          return;
        }
        logs.push(log);
      }
      for (const broken of this.#operations.oracle.finish(logs)) this.#operations.judge(broken);
    });
  }

  /** A partition from its beginning to its end, the last stable offset for `read_committed`; undefined where that fails. */
  async readAll(
    { env, rpc }: Desk,
    partition: TopicPartition,
    isolation: Isolation,
  ): Promise<FinalLog | undefined> {
    const cluster = newView(rpc, this.#plan);
    const consumer = new Consumer(rpc, {
      cluster,
      isolation,
      offsetReset: "earliest",
      requestTimeoutUs: REQUEST_TIMEOUT_US,
    });
    try {
      const [end] = await consumer.endOffsets([partition], READ_WITHIN_US);
      assert(end !== undefined, "each partition has an end");
      consumer.assign([partition]);
      const entries = [];
      const untilUs = env.clock.nowUs() + READ_WITHIN_US;
      while ((consumer.position(partition) ?? 0) < end && env.clock.nowUs() < untilUs) {
        for (const { records } of await consumer.poll(POLL_US)) {
          entries.push(...this.#operations.entriesOf(records));
        }
      }
      if ((consumer.position(partition) ?? 0) < end) return undefined;
      // Asked for last: retention may have overtaken the reader, and what it had read by then is gone.
      const [start] = await consumer.beginningOffsets([partition], READ_WITHIN_US);
      assert(start !== undefined, "each partition has a beginning");
      return {
        partition: partitionName(partition),
        start: Math.min(start, end),
        hasRetention: this.#operations.hasRetention,
        end,
        // What an earlier client left on its way may come behind the end.
        entries: entries.filter(({ offset }) => offset >= start && offset < end),
        isCompacted: this.#operations.isCompacted,
      };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return undefined;
    } finally {
      consumer.close();
      cluster.close();
    }
  }

  /** A producer of its own each time: what one has met does not trouble the next. Nothing where none gets an id. */
  async #withProducer({ env, rpc }: Desk, work: (producer: Producer) => Promise<void>): Promise<void> {
    const cluster = newView(rpc, this.#plan);
    try {
      const producer = await Producer.open(rpc, {
        cluster,
        requestTimeoutUs: REQUEST_TIMEOUT_US,
        deliveryTimeoutUs: DELIVERY_TIMEOUT_US,
        retryBackoffUs: RETRY_US,
      });
      await work(producer);
      producer.close();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      await env.clock.sleep(RETRY_US);
    } finally {
      cluster.close();
    }
  }

  async #asked(figure: string, ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
      this.#run.count(figure);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#run.count("ordersRefused");
    }
  }

  /** Has the client do something, in an event of its own, now or once it is there. */
  order(act: (desk: Desk) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const order = (desk: Desk): void => {
        act(desk).then(resolve, reject);
      };
      const desk = this.#desk;
      if (desk === undefined) this.#orders.push(order);
      else {
        const { world } = this.#run;
        world.scheduleFor(this.node, world.nowUs, ORDER, this.node.hash, () => order(desk));
      }
    });
  }
}
