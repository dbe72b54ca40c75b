/** The plan of a run as the data of a repro, from which shrinking may have left parts out. */
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { Run } from "#sim/scenario.js";
import type { NemesisAct, NemesisAction } from "./nemesis-plan.js";
import type { RaftPlan } from "./plan.js";
import type { PlannedOperation } from "./workload.js";

/** Counted up when what follows holds other values than before. */
export const RAFT_PLAN_VERSION = 1;

/** The plan that was drawn, or what a repro has in its place. */
export function plannedRaft(run: Run, drawn: RaftPlan): RaftPlan {
  const servers = run.planned("servers", drawn.servers);
  const cluster = run.planned("cluster", {
    voters: drawn.bootstrap.voters,
    faulty: [...drawn.faulty],
    victims: drawn.victims,
    oldVersions: [...drawn.oldVersions],
    metadata: drawn.metadata,
    maxStrikes: drawn.maxStrikes,
    clients: drawn.clients.length,
    keys: drawn.keys,
    operationTimeoutUs: drawn.operationTimeoutUs,
    attemptTimeoutUs: drawn.attemptTimeoutUs,
  });
  const operations = run.planned("operations", drawn.clients.flatMap(withClient));
  const acts = run.planned("acts", drawn.nemesis);
  const isThere = (name: string): boolean => servers.includes(name);
  const voters = cluster.voters.filter(isThere);
  return {
    servers,
    bootstrap: makeConfiguration(voters.length > 0 ? voters : servers),
    faulty: new Set(cluster.faulty.filter(isThere)),
    victims: cluster.victims.filter(isThere),
    oldVersions: new Set(cluster.oldVersions.filter(isThere)),
    tuning: run.planned("tuning", drawn.tuning),
    metadata: cluster.metadata,
    maxStrikes: cluster.maxStrikes,
    clients: Array.from({ length: cluster.clients }, (_, i) =>
      operations.filter(({ client }) => client === i),
    ),
    keys: cluster.keys,
    operationTimeoutUs: cluster.operationTimeoutUs,
    attemptTimeoutUs: cluster.attemptTimeoutUs,
    nemesis: acts.flatMap((action) => among(servers, action)),
    stormUs: run.planned("stormUs", drawn.stormUs),
  };
}

function withClient(
  operations: readonly PlannedOperation[],
  client: number,
): (PlannedOperation & { readonly client: number })[] {
  return operations.map((operation) => ({ client, ...operation }));
}

/** What is left of an act where some of the servers are not there; nothing where it is about them alone. */
function among(servers: readonly string[], { atUs, act }: NemesisAction): NemesisAction[] {
  const left = actAmong(servers, act);
  return left === undefined ? [] : [{ atUs, act: left }];
}

function actAmong(servers: readonly string[], act: NemesisAct): NemesisAct | undefined {
  const isThere = (name: string): boolean => servers.includes(name);
  switch (act.kind) {
    case "transfer":
      return isThere(act.to) ? act : undefined;
    case "snapshot":
    case "restart":
      return isThere(act.server) ? act : undefined;
    case "change": {
      const voters = act.voters.filter(isThere);
      return voters.length === 0 ? undefined : { ...act, voters, learners: act.learners.filter(isThere) };
    }
    default:
      return act;
  }
}
