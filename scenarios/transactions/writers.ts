/** Producers that write transactions: as planned, and again under their id after whatever has ended them. */
import { Producer, type ClusterView } from "#engines/broker/client/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { BrokerPlan } from "../broker/plan.js";
import { newView } from "../broker/view.js";
import { KeptClient } from "../kept-clients.js";
import type { Caller, Calls } from "./calls.js";
import type { PlannedTransaction, TransactionsPlan, WriterPlan } from "./plan.js";
import { placeOf } from "./topics.js";
import type { Vanishings } from "./vanishings.js";

export const RETRY_BACKOFF_US = 10_000;

export interface ClientsOptions {
  readonly run: Run;
  readonly cluster: BrokerPlan;
  readonly plan: TransactionsPlan;
  readonly calls: Calls;
}

export function newWriters(
  { run, cluster, plan, calls }: ClientsOptions,
  vanishings: Vanishings,
): KeptClient<PlannedTransaction>[] {
  return plan.writers.map(
    (options, index) =>
      new KeptClient<PlannedTransaction>(run, {
        name: `p${cluster.producers.length + index + 1}`,
        number: index,
        planned: plan.transactions.filter(({ writer }) => writer === index),
        work: async (client, env, self) => {
          const rpc = new RpcClient(env);
          const view = newView(rpc, cluster);
          const parts = { run, calls, vanishings, client, options, env, self, rpc, view };
          const writer = new Writer(parts);
          for (let next = client.take(); next !== undefined; next = client.take()) {
            await env.clock.sleep(next.thinkUs);
            self.enter();
            if (client.isStopped) break;
            client.isBusy = true;
            await writer.carryOut(next);
            self.enter();
            client.isBusy = false;
          }
          writer.close();
          view.close();
        },
      }),
  );
}

interface WriterParts {
  readonly run: Run;
  readonly calls: Calls;
  readonly vanishings: Vanishings;
  readonly client: KeptClient<PlannedTransaction>;
  readonly options: WriterPlan;
  readonly env: Env;
  readonly self: Incarnation;
  readonly rpc: RpcClient;
  readonly view: ClusterView;
}

class Writer {
  readonly #parts: WriterParts;
  #transactional: Caller | undefined;
  #plain: Caller | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  async carryOut(planned: PlannedTransaction): Promise<void> {
    if (planned.end === "alone") await this.#sendAlone(planned);
    else await this.#transact(planned);
  }

  close(): void {
    this.#transactional?.producer.close();
    this.#plain?.producer.close();
  }

  async #sendAlone({ id, records }: PlannedTransaction): Promise<void> {
    const { calls } = this.#parts;
    const caller = (this.#plain ??= await this.#open(undefined));
    if (caller === undefined) return;
    const sent = records.map((record, index) =>
      calls.sendAlone(caller, { partition: placeOf(record), name: nameOf(id, index, record.paddingBytes) }),
    );
    await Promise.all(sent);
  }

  async #transact({ id, records, stallUs, end }: PlannedTransaction): Promise<void> {
    const { run, calls, vanishings, client, options, env, self } = this.#parts;
    const caller = (this.#transactional ??= await this.#open(this.#parts.options.transactionalId));
    if (caller === undefined) return;
    run.count("transactions");
    caller.producer.beginTransaction();
    const transaction = calls.oracle.begin(caller.number);
    const sent = records.map((record, index) =>
      calls.send(caller, transaction, {
        partition: placeOf(record),
        name: nameOf(id, index, record.paddingBytes),
      }),
    );
    if (end === "vanish") vanishings.await(options.transactionalId, client, stallUs);
    else await env.clock.sleep(stallUs);
    self.enter();
    if (end === "crash") {
      run.note(`${client.node.name} crashes within transaction ${transaction}`);
      run.world.crash(client.node);
      self.enter();
    }
    const ended = end === "leave" ? undefined : await endAs(calls, caller, transaction, end !== "abort");
    if (ended === undefined) {
      caller.producer.close();
      this.#transactional = undefined;
    }
    await Promise.all(sent);
  }

  async #open(transactionalId: string | undefined): Promise<Caller | undefined> {
    const { rpc, view, options, client, self, calls } = this.#parts;
    const { transactionalId: _, transactionTimeoutUs, ...settings } = options;
    const producer = await openProducer(
      () =>
        Producer.open(rpc, {
          cluster: view,
          ...settings,
          retryBackoffUs: RETRY_BACKOFF_US,
          ...(transactionalId === undefined ? {} : { transactionalId, transactionTimeoutUs }),
        }),
      rpc,
      () => client.isStopped,
    );
    self.enter();
    if (producer === undefined) return undefined;
    return { client: client.number, self, producer, number: calls.newProducer() };
  }
}

/** How it has ended: as asked for, or aborted where that is all that is left; undefined where nobody knows. */
export async function endAs(
  calls: Calls,
  caller: Caller,
  transaction: number,
  isCommit: boolean,
): Promise<"committed" | "aborted" | undefined> {
  const ended = await calls.end(caller, transaction, isCommit);
  if (ended === "ended") return isCommit ? "committed" : "aborted";
  if (ended === "unknown") return undefined;
  return (await calls.end(caller, transaction, false)) === "ended" ? "aborted" : undefined;
}

/** Tries until it is there, or nobody wants it any more. */
export async function openProducer(
  open: () => Promise<Producer>,
  { env }: RpcClient,
  isStopped: () => boolean,
): Promise<Producer | undefined> {
  while (!isStopped()) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      await env.clock.sleep(RETRY_BACKOFF_US);
    }
  }
  return undefined;
}

function nameOf(transaction: number, index: number, paddingBytes: number): string {
  return `t${transaction}.${index}+${paddingBytes}`;
}
