/** The clients: each does one planned operation after the other. */
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Run } from "#sim/scenario.js";
import { KeptClient, KeptClients } from "../kept-clients.js";
import type { Operations } from "./operations.js";
import type { RaftPlan } from "./plan.js";
import type { PlannedOperation } from "./workload.js";

const BACKOFF_MIN_US = 10_000;

export function newClients(run: Run, plan: RaftPlan, operations: Operations): KeptClients {
  const { servers, attemptTimeoutUs, operationTimeoutUs } = plan;
  const clients = plan.clients.map(
    (planned, number) =>
      new KeptClient<PlannedOperation>(run, {
        name: `c${number + 1}`,
        number,
        planned,
        work: async (client, env, self) => {
          const options = { servers, attemptTimeoutUs, backoffMinUs: BACKOFF_MIN_US };
          const caller = { client: number, self, raft: new RaftClient(new RpcClient(env), options) };
          for (let next = client.take(); next !== undefined; next = client.take()) {
            await env.clock.sleep(next.thinkUs);
            self.enter();
            client.isBusy = true;
            await operations.perform(caller, next, operationTimeoutUs);
            client.isBusy = false;
          }
        },
      }),
  );
  return new KeptClients(run, clients, (client) => operations.lose(client));
}
