import { ClusterView } from "#engines/broker/client/index.js";
import type { RpcClient } from "#engines/rpc/index.js";
import type { BrokerPlan } from "./plan.js";

const OPTIONS = { attemptTimeoutUs: 200_000, backoffUs: 10_000, maxAgeUs: 500_000 };

/** What a client of this run knows of the cluster, as yet nothing but the brokers' names. */
export function newView(rpc: RpcClient, { brokers }: BrokerPlan): ClusterView {
  return new ClusterView(rpc, { bootstrap: brokers, ...OPTIONS });
}
