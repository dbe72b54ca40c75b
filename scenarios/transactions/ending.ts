/**
 * What the operators' client does in a run: it makes the topics, shows that a core which is well commits, and in the end
 * waits until pipelines have read all and no transaction is open, and has all of it judged.
 */
import { GroupConsumer, Producer } from "#engines/broker/client/index.js";
import { GROUPS_TOPIC, TRANSACTIONS_TOPIC } from "#engines/broker/coordinator/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import { FIND_COORDINATOR, type CoordinatorKind } from "#engines/broker/protocol/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import type { FinalTransactions, GroupPosition, TransactionLog } from "#sim/check/index.js";
import type { Desk } from "../broker/admin.js";
import { newView } from "../broker/view.js";
import { positionOf, type Caller } from "./calls.js";
import type { TransactionsStorm } from "./storm.js";
import { GROUP, INPUT, OUTPUT, inputsOf, outputsOf } from "./topics.js";
import { transactionalIdOf } from "./pipelines.js";
import { RETRY_BACKOFF_US, endAs } from "./writers.js";

const TOPICS_WITHIN_US = 4_000_000;
const PROGRESS_WITHIN_US = 40_000_000;
/** Transactions that were left open are aborted in it, and what waits for them is read. */
const FINISH_WITHIN_US = 60_000_000;
const OPEN_WITHIN_US = 20_000_000;
const ASK_TIMEOUT_US = 2_000_000;
const LOOK_AGAIN_US = 500_000;
const RETRY_US = 50_000;

export class Ending {
  readonly #all: TransactionsStorm;
  #markers = 0;

  constructor(all: TransactionsStorm) {
    this.#all = all;
  }

  /** Those of the scenario, and through the first questions those of the coordinators; however long that takes. */
  makeTopics(): void {
    const { storm, plan } = this.#all;
    const { topics } = plan;
    const { topic } = storm.plan;
    const config = { ...topic.config, producerExpiryMs: topics.producerExpiryMs };
    storm.admin.createTopic(INPUT, { ...topic, partitions: topics.inputs, config });
    storm.admin.createTopic(OUTPUT, { ...topic, partitions: topics.outputs, config });
    for (const kind of ["group", "transaction"] as const) {
      void storm.admin.order((desk) => this.#findCoordinator(desk, kind));
    }
  }

  /** Resolves when they are there, or that takes too long for a storm to wait for them. */
  async topicsAreThere(): Promise<void> {
    const { world } = this.#all.run;
    while (!this.#isReady() && world.nowUs < TOPICS_WITHIN_US) await world.sleep(RETRY_US);
  }

  /** With all else broken for good, a transaction over all partitions is committed. */
  async coreCommits(): Promise<void> {
    const { storm, run } = this.#all;
    if (!this.#isReady()) return run.count("coreWithoutTopics");
    let refusal: string | undefined = "never tried";
    await storm.admin.order(async (desk) => {
      const untilUs = desk.env.clock.nowUs() + PROGRESS_WITHIN_US;
      while (refusal !== undefined && desk.env.clock.nowUs() < untilUs)
        refusal = await this.#commitOnce(desk);
    });
    if (refusal === undefined) return run.count("coreCommitted");
    const message = `the core is whole and connected, but committed no transaction in ${PROGRESS_WITHIN_US} us: ${refusal}`;
    run.world.fail("liveness/no-commit", message);
  }

  /** All is well, and stays so. */
  async finish(): Promise<void> {
    const { storm, run, pipelines, calls, writers, readers } = this.#all;
    const { world } = run;
    const untilUs = world.nowUs + FINISH_WITHIN_US;
    run.note("writers are gone, pipelines have to read all, and no transaction may stay open");
    while ((writers.areBusy || readers.areBusy) && world.nowUs < untilUs) await world.sleep(LOOK_AGAIN_US);
    if (writers.areBusy || readers.areBusy) {
      const [open] = calls.open();
      world.fail("liveness/operation-open", `client ${open?.client}'s ${open?.input.kind} never ended`);
      return;
    }
    let final = await this.#look();
    while ((final === undefined || lagOf(final) !== undefined) && world.nowUs < untilUs) {
      await world.sleep(LOOK_AGAIN_US);
      final = await this.#look();
    }
    pipelines.stop();
    if (final === undefined) {
      world.fail("liveness/not-readable", "not everything could be read to its end");
      return;
    }
    const lag = lagOf(final);
    for (const broken of calls.oracle.finish(final)) calls.judge(broken);
    if (lag !== undefined && world.findings.length === 0) world.fail("liveness/pipeline-stuck", lag);
    const blocked = await this.#blockedId();
    if (blocked !== undefined) world.fail("liveness/id-blocked", blocked);
    run.count("inputs", countOf(final, INPUT));
    run.count("outputs", countOf(final, OUTPUT));
    await storm.admin.judgeAll();
  }

  /** Whoever comes next with an id that somebody had gets in, whatever was left; why not, where one does not. */
  async #blockedId(): Promise<string | undefined> {
    const { storm, plan, pipelines } = this.#all;
    const ids = new Set(plan.writers.map(({ transactionalId }) => transactionalId));
    for (const name of pipelines.names) ids.add(transactionalIdOf(name));
    let blocked: string | undefined;
    await storm.admin.order(async ({ rpc }) => {
      const view = newView(rpc, storm.plan);
      for (const transactionalId of ids) {
        try {
          const options = { transactionalId, deliveryTimeoutUs: OPEN_WITHIN_US };
          const producer = await Producer.open(rpc, { cluster: view, ...options });
          producer.close();
        } catch (error) {
          if (!(error instanceof BrokerError)) throw error;
          blocked ??= `nobody gets in with the id ${transactionalId} in ${OPEN_WITHIN_US} us: ${error.code}`;
        }
      }
      view.close();
    });
    return blocked;
  }

  #isReady(): boolean {
    const { storm, plan } = this.#all;
    const known = new Set([...storm.checks.partitions].map(({ name, state }) => state && name));
    const wanted = [...inputsOf(plan), ...outputsOf(plan)];
    for (const topic of [GROUPS_TOPIC, TRANSACTIONS_TOPIC]) {
      for (let partition = 0; partition < plan.coordinators.partitions; partition++) {
        wanted.push({ topic, partition });
      }
    }
    return wanted.every((each) => known.has(partitionName(each)));
  }

  async #findCoordinator({ env, rpc }: Desk, kind: CoordinatorKind): Promise<void> {
    const view = newView(rpc, this.#all.storm.plan);
    for (;;) {
      try {
        const answer = await view.askAnyone(FIND_COORDINATOR, { kind, id: GROUP }, ASK_TIMEOUT_US);
        if (answer.ok) break;
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
      }
      await env.clock.sleep(RETRY_US);
    }
    view.close();
  }

  /** Undefined when it is committed; else why not. */
  async #commitOnce({ env, rpc, caller }: Desk): Promise<string | undefined> {
    const { storm, plan, calls, adminClient } = this.#all;
    const view = newView(rpc, storm.plan);
    try {
      const producer = await Producer.open(rpc, {
        cluster: view,
        transactionalId: "core",
        transactionTimeoutUs: ASK_TIMEOUT_US,
        requestTimeoutUs: LOOK_AGAIN_US,
        deliveryTimeoutUs: ASK_TIMEOUT_US,
        retryBackoffUs: RETRY_BACKOFF_US,
      });
      const as: Caller = {
        client: adminClient,
        self: caller.self,
        producer,
        number: calls.newProducer(),
      };
      producer.beginTransaction();
      const transaction = calls.oracle.begin(as.number);
      for (const partition of [...inputsOf(plan), ...outputsOf(plan)]) {
        void calls.send(as, transaction, { partition, name: `core${this.#markers++}+0` });
      }
      const ended = await endAs(calls, as, transaction, true);
      producer.close();
      return ended === "committed" ? undefined : (ended ?? "no answer");
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      await env.clock.sleep(RETRY_US);
      return error.code;
    } finally {
      view.close();
    }
  }

  /** Everything as it is now; undefined where it could not be read. */
  async #look(): Promise<FinalTransactions | undefined> {
    const { storm, plan } = this.#all;
    let found: FinalTransactions | undefined;
    await storm.admin.order(async (desk) => {
      const positions = await this.#positions(desk);
      const logs: TransactionLog[] = [];
      for (const partition of [...inputsOf(plan), ...outputsOf(plan)]) {
        const log = await this.#readBoth(desk, partition);
        if (log !== undefined) logs.push(log);
      }
      const isWhole = logs.length === plan.topics.inputs + plan.topics.outputs;
      found = positions === undefined || !isWhole ? undefined : { logs, positions };
    });
    return found;
  }

  async #readBoth(desk: Desk, partition: TopicPartition): Promise<TransactionLog | undefined> {
    const { admin } = this.#all.storm;
    const committed = await admin.readAll(desk, partition, "read_committed");
    const all = await admin.readAll(desk, partition, "read_uncommitted");
    if (committed === undefined || all === undefined) return undefined;
    return {
      partition: partitionName(partition),
      end: all.end,
      stable: committed.end,
      committed: committed.entries,
      all: all.entries,
    };
  }

  async #positions({ rpc }: Desk): Promise<GroupPosition[] | undefined> {
    const { storm, plan } = this.#all;
    const view = newView(rpc, storm.plan);
    const group = new GroupConsumer(rpc, { cluster: view, group: GROUP, isAutoCommit: false });
    try {
      const found = await group.committed(inputsOf(plan), ASK_TIMEOUT_US);
      const offsets = new Map(found.map(({ partition, offset }) => [partitionName(partition), offset]));
      return inputsOf(plan).map((each) => positionOf(GROUP, each, offsets.get(partitionName(each)) ?? 0));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return undefined;
    } finally {
      await group.close(ASK_TIMEOUT_US);
      view.close();
    }
  }
}

/** What is not done yet; undefined where all is. */
function lagOf({ logs, positions }: FinalTransactions): string | undefined {
  const open = logs.find(({ stable, end }) => stable !== end);
  if (open !== undefined) return `${open.partition} is stable up to ${open.stable} of ${open.end}`;
  for (const { partition, offset } of positions) {
    const last = logs.find((log) => log.partition === partition)?.committed.at(-1)?.offset ?? -1;
    if (offset <= last) return `the group is at ${offset} in ${partition}, the last record is at ${last}`;
  }
  return undefined;
}

function countOf({ logs }: FinalTransactions, topic: string): number {
  const ofTopic = logs.filter(({ partition }) => partition.startsWith(topic));
  return ofTopic.reduce((sum, { committed }) => sum + committed.length, 0);
}
