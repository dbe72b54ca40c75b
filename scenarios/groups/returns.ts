/** Whoever writes to the topic that only groups read. What becomes of its records is for their members to see. */
import { Producer } from "#engines/broker/client/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Run } from "#sim/scenario.js";
import { openProducer } from "../broker/clients.js";
import type { BrokerPlan } from "../broker/plan.js";
import { makeRecord } from "../broker/records.js";
import { newView } from "../broker/view.js";
import { KeptClient, KeptClients } from "../kept-clients.js";
import { RETURNS, type PlannedReturn, type ReturnsPlan } from "./plan.js";

const OPTIONS = {
  lingerUs: 0,
  requestTimeoutUs: 400_000,
  deliveryTimeoutUs: 2_000_000,
  retryBackoffUs: 10_000,
};

export function newReturnsWriter(run: Run, plan: BrokerPlan, { sends }: ReturnsPlan): KeptClients {
  const writer = new KeptClient<PlannedReturn>(run, {
    name: `p${plan.producers.length + 1}`,
    number: plan.producers.length + plan.consumers.length + 1,
    planned: sends,
    work: async (client, env, self) => {
      const rpc = new RpcClient(env);
      const cluster = newView(rpc, plan);
      const producer = await openProducer(rpc, { cluster, ...OPTIONS });
      const open = new Set<Promise<unknown>>();
      for (let next = client.take(); next !== undefined; next = client.take()) {
        await env.clock.sleep(next.thinkUs);
        self.enter();
        if (client.isStopped) break;
        client.isBusy = true;
        const { partition } = next;
        const sent = send(producer, partition).finally(() => {
          open.delete(sent);
          client.isBusy = open.size > 0;
        });
        open.add(sent);
      }
      await Promise.all(open);
      producer.close();
      cluster.close();
    },
  });
  return new KeptClients(run, [writer], () => undefined);
}

async function send(producer: Producer, partition: number): Promise<void> {
  try {
    await producer.send({ topic: RETURNS, partition, ...makeRecord("return+0", undefined, false) });
  } catch (error) {
    // In the log or not, in the end members have to have read all that is there.
    if (!(error instanceof BrokerError)) throw error;
  }
}
