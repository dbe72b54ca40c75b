/** Consumers that read the topics with transactions, of committed records only or of all, and ask where the group is. */
import { Consumer, GroupConsumer, type ClusterView } from "#engines/broker/client/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import { partitionName } from "#engines/broker/types.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation } from "#sim/process.js";
import { newView } from "../broker/view.js";
import { KeptClient } from "../kept-clients.js";
import type { Calls } from "./calls.js";
import type { PlannedReading, ReaderPlan } from "./plan.js";
import { GROUP, INPUT, inputsOf, outputsOf } from "./topics.js";
import { RETRY_BACKOFF_US, type ClientsOptions } from "./writers.js";

const POLL_US = 200_000;
const ASK_TIMEOUT_US = 500_000;

/** `firstClient`: the number of the first reader in the history. */
export function newReaders(
  { run, cluster, plan, calls }: ClientsOptions,
  firstClient: number,
): KeptClient<PlannedReading>[] {
  const partitions = [...inputsOf(plan), ...outputsOf(plan)];
  return plan.readers.map(
    (options, index) =>
      new KeptClient<PlannedReading>(run, {
        name: `r${cluster.consumers.length + index + 1}`,
        number: firstClient + index,
        planned: plan.reads.filter(({ reader }) => reader === index),
        work: async (client, env, self) => {
          const rpc = new RpcClient(env);
          const view = newView(rpc, cluster);
          const reader = new Reader({ calls, options, client: client.number, self, rpc, view });
          reader.consumer.assign(partitions);
          for (let next = client.take(); next !== undefined; next = client.take()) {
            await env.clock.sleep(next.thinkUs);
            self.enter();
            if (client.isStopped) break;
            client.isBusy = true;
            await reader.carryOut(next);
            self.enter();
            client.isBusy = false;
          }
          await reader.close();
          view.close();
        },
      }),
  );
}

interface ReaderParts {
  readonly calls: Calls;
  readonly options: ReaderPlan;
  readonly client: number;
  readonly self: Incarnation;
  readonly rpc: RpcClient;
  readonly view: ClusterView;
}

class Reader {
  readonly consumer: Consumer;
  readonly #group: GroupConsumer;
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    const { rpc, view, options } = parts;
    const shared = {
      cluster: view,
      offsetReset: "earliest",
      requestTimeoutUs: ASK_TIMEOUT_US,
      retryBackoffUs: RETRY_BACKOFF_US,
    } as const;
    this.#parts = parts;
    this.consumer = new Consumer(rpc, {
      ...shared,
      isolation: options.isCommitted ? "read_committed" : "read_uncommitted",
      onTruncation: "rewind",
      maxPollRecords: options.maxPollRecords,
      prefetchBytes: options.prefetchBytes,
    });
    // It never joins: it only looks on.
    this.#group = new GroupConsumer(rpc, { ...shared, group: GROUP, isAutoCommit: false });
  }

  async carryOut({ kind, permille }: PlannedReading): Promise<void> {
    if (kind === "poll") await this.#poll();
    else if (kind === "rewind") this.#rewind(permille);
    else await this.#askPositions();
  }

  async close(): Promise<void> {
    this.consumer.close();
    await this.#group.close(ASK_TIMEOUT_US);
  }

  async #poll(): Promise<void> {
    const { calls, options, client, self } = this.#parts;
    const { consumer } = this;
    const from = new Map(consumer.assignment.map((each) => [partitionName(each), consumer.position(each)]));
    const polled = await quietly(() => consumer.poll(POLL_US));
    self.enter();
    for (const { partition, records } of polled ?? []) {
      const first = records[0]!.offset;
      const last = records.at(-1)!.offset;
      // Where it was sent back meanwhile, to begin anew, it did not go on from where it had stood.
      const stood = from.get(partitionName(partition)) ?? first;
      calls.read(client, partition, options.isCommitted, {
        from: Math.min(stood, first),
        to: last + 1,
        records,
      });
    }
  }

  #rewind(permille: number): void {
    for (const partition of this.consumer.assignment) {
      const position = this.consumer.position(partition);
      if (position !== undefined) this.consumer.seek(partition, Math.trunc((position * permille) / 1_000));
    }
  }

  async #askPositions(): Promise<void> {
    const { calls, client, self } = this.#parts;
    const inputs = this.consumer.assignment.filter(({ topic }) => topic === INPUT);
    const asked = inputs.map((each) =>
      calls.oracle.ask(client, { kind: "position", group: GROUP, partition: partitionName(each) }),
    );
    const found = await quietly(() => this.#group.committed(inputs, ASK_TIMEOUT_US));
    self.enter();
    for (const [index, operation] of asked.entries()) {
      const name = partitionName(inputs[index]!);
      if (found === undefined) calls.oracle.unknown(operation, "NO_ANSWER");
      else {
        const offset = found.find(({ partition }) => partitionName(partition) === name)?.offset;
        calls.judge(calls.oracle.position(operation, offset));
      }
    }
  }
}

/** Undefined where it was refused: a reader tries again another time. */
async function quietly<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return undefined;
  }
}
