/** A machine that takes part in a group: what its program does with the records that it gets, and when it goes. */
import { GroupConsumer, type PolledRecords } from "#engines/broker/client/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { HolderTold } from "#sim/check/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import { newView } from "../broker/view.js";
import type { GroupStorm } from "./group-storm.js";
import { BACKOFF_US, CALL_TIMEOUT_US, optionsOf } from "./options.js";
import type { GroupPlan, MemberAct, MemberPlan } from "./plan.js";

const CLOSE_TIMEOUT_US = 1_000_000;
const RESTART_MAX_US = 500_000;
/** After which whoever was fenced is started again. */
const FENCED_US = 500_000;

const TAKEN: ReadonlySet<string> = new Set(["FENCED_INSTANCE_ID", "UNRELEASED_INSTANCE_ID"]);

/** One stay in the group: from a new consumer to its end. */
interface Stint {
  readonly env: Env;
  readonly self: Incarnation;
  readonly consumer: GroupConsumer;
  readonly told: HolderTold;
  polls: number;
  /** There is something to commit. */
  isDirty: boolean;
}

export class Member {
  readonly node: Node;
  readonly plan: MemberPlan;
  readonly group: GroupPlan;
  readonly #storm: GroupStorm;
  readonly #instanceId: string | undefined;
  /** What it is to do next. */
  #act: MemberAct | undefined;
  #stints = 0;
  #told: HolderTold | undefined;
  #downForUs = 0;
  /** All is to get well: it does its work, without delay. */
  #isCalm = false;
  #isStopped = false;
  /** It has ended, for good. */
  isOver = false;

  /** `suffix`: of its machine's name, where another one is the same instance. */
  constructor(storm: GroupStorm, name: string, plan: MemberPlan, suffix: string = "") {
    this.#storm = storm;
    this.plan = plan;
    this.group = storm.groups.groups[plan.group]!;
    this.node = storm.run.world.addNode(name + suffix);
    this.#instanceId = plan.isStatic ? `i-${name}` : undefined;
  }

  /** Who it is at present, for the oracle; undefined where it takes no part. */
  get told(): HolderTold | undefined {
    return this.#told;
  }

  async start(): Promise<void> {
    const { world } = this.#storm.run;
    await world.sleep(this.plan.joinsAtUs);
    const stream = world.streams.get(`restarts/${this.node.name}`);
    while (!this.#isStopped) {
      await world.boot(this.node, (env, self) => this.#work(env, self)).exited;
      this.#gone();
      const downForUs = Math.max(this.#downForUs, stream.below(RESTART_MAX_US));
      this.#downForUs = 0;
      await world.sleep(this.#isCalm ? stream.below(RESTART_MAX_US) : downForUs);
    }
    this.isOver = true;
  }

  /** Does that as soon as it can. */
  order(act: MemberAct): void {
    if (act.kind !== "crash") {
      this.#act = act;
      return;
    }
    this.#downForUs = act.lengthUs;
    this.#storm.run.world.crash(this.node);
  }

  calmDown(): void {
    this.#isCalm = true;
    this.#act = undefined;
  }

  /** It leaves, and does not come back. */
  stop(): void {
    this.#isStopped = true;
  }

  async #work(env: Env, self: Incarnation): Promise<void> {
    const rpc = new RpcClient(env);
    const cluster = newView(rpc, this.#storm.plan);
    while (!this.#isStopped) {
      const { setting } = this.#storm;
      const member = { plan: this.plan, group: this.group, instanceId: this.#instanceId };
      const consumer = new GroupConsumer(rpc, { cluster, ...optionsOf(member, setting.protocol) });
      this.#told = { holder: `${this.node.name}#${++this.#stints}`, group: this.group.name };
      const stint: Stint = { env, self, consumer, told: this.#told, polls: 0, isDirty: false };
      consumer.subscribe(this.plan.topics, {
        onPartitionsRevoked: () => this.#commitBeforeRevoked(stint),
        onPartitionsAssigned: () => this.#takeTime(stint),
        onPartitionsLost: () => this.#takeTime(stint),
      });
      const awayUs = await this.#stay(stint);
      await consumer.close(CLOSE_TIMEOUT_US);
      self.enter();
      this.#gone();
      if (!this.#isStopped) await env.clock.sleep(this.#isCalm ? BACKOFF_US : awayUs);
      self.enter();
    }
    cluster.close();
  }

  #gone(): void {
    if (this.#told !== undefined) this.#storm.oracle.gone(this.#told);
    this.#told = undefined;
  }

  /** Reads until it is to go; resolves with for how long. */
  async #stay(stint: Stint): Promise<number> {
    const { run } = this.#storm;
    while (!this.#isStopped) {
      const act = this.#act;
      this.#act = undefined;
      if (act?.kind === "leave") {
        run.count("leaves");
        return act.lengthUs;
      }
      try {
        await this.#round(stint, act?.kind === "stall" ? act.lengthUs : 0);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        stint.self.enter();
        // Another process is this instance; or its own earlier life is still, or a delayed message of that says so.
        if (TAKEN.has(error.code)) return FENCED_US;
        await stint.env.clock.sleep(BACKOFF_US);
        stint.self.enter();
      }
    }
    return 0;
  }

  /** Gets records, processes them and says so. */
  async #round(stint: Stint, stallUs: number): Promise<void> {
    const { env, self, consumer } = stint;
    const polled = await consumer.poll(this.plan.pollUs);
    self.enter();
    for (const each of polled) this.#delivered(stint, each);
    const workUs = polled.length > 0 ? env.random.below(this.plan.workUs) : 0;
    if (stallUs > 0) this.#storm.run.count("stalls");
    if (stallUs + workUs > 0) await env.clock.sleep(this.#isCalm ? 1 : stallUs + workUs);
    self.enter();
    for (const { partition, records } of polled) {
      stint.isDirty = true;
      this.#storm.run.count("recordsProcessed", records.length);
      for (const { offset } of records) {
        this.#storm.oracle.processed(this.group.name, partitionName(partition), offset);
      }
    }
    await this.#commit(stint);
    if (++stint.polls % this.plan.asksEvery === 0) await this.#ask(stint);
  }

  #delivered({ told }: Stint, { partition, records }: PolledRecords): void {
    for (const { offset } of records) {
      this.#storm.judge(this.#storm.oracle.delivered(told, partitionName(partition), offset));
    }
  }

  async #commit(stint: Stint): Promise<void> {
    const { consumer, self } = stint;
    const { commits } = this.plan;
    if (!stint.isDirty || commits === "auto") return;
    stint.isDirty = false;
    const failed = (error: unknown): void => {
      if (!(error instanceof BrokerError)) throw error;
      stint.isDirty = true;
    };
    if (commits === "async")
      return consumer.commitAsync(undefined, (error) => void (error === undefined || failed(error)));
    await consumer.commitSync(CALL_TIMEOUT_US).catch(failed);
    self.enter();
  }

  async #commitBeforeRevoked(stint: Stint): Promise<void> {
    await this.#takeTime(stint);
    if (this.plan.commits === "sync") await this.#commit(stint);
  }

  /** In a callback. */
  async #takeTime({ env, self }: Stint): Promise<void> {
    const takesUs = this.#isCalm || this.plan.callbackUs === 0 ? 0 : env.random.below(this.plan.callbackUs);
    if (takesUs > 0) await env.clock.sleep(takesUs);
    self.enter();
  }

  async #ask({ consumer, self }: Stint): Promise<void> {
    const { oracle, observer } = this.#storm;
    const { name } = this.group;
    const partitions: readonly TopicPartition[] = this.#storm.partitionsOf(name);
    const coordinator = observer.soleCoordinator(name);
    const asked = oracle.asked(name, partitions.map(partitionName));
    const answer = await consumer.committed(partitions, CALL_TIMEOUT_US);
    self.enter();
    const offsets = answer.map(({ partition, offset }) => [partitionName(partition), offset] as const);
    const isCurrent = coordinator !== undefined && coordinator === observer.soleCoordinator(name);
    this.#storm.judge(oracle.answered(asked, new Map(offsets), isCurrent));
  }
}
