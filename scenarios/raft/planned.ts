/** The plan of a run as the data of a repro, from which shrinking may have left parts out. */
import { unreachable } from "#engines/env/index.js";
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { KeyValueInput } from "#sim/check/linearizability/index.js";
import type { Run } from "#sim/scenario.js";
import type { NemesisAct, NemesisAction } from "./nemesis-plan.js";
import type { RaftPlan } from "./plan.js";
import { PADDING, tokenOf } from "./tokens.js";
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
  const operations = run.planned(
    "operations",
    drawn.clients.flatMap((all, client) => all.map((each) => dataOf(each, client))),
  );
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
      operations.filter(({ client }) => client === i).map(operationOf),
    ),
    keys: cluster.keys,
    operationTimeoutUs: cluster.operationTimeoutUs,
    attemptTimeoutUs: cluster.attemptTimeoutUs,
    nemesis: acts.flatMap((action) => among(servers, action)),
    stormUs: run.planned("stormUs", drawn.stormUs),
  };
}

/** One operation of a client, with the padding of its values as a number. */
interface OperationData {
  readonly client: number;
  readonly op: KeyValueInput["op"];
  readonly key: string;
  readonly value?: Text;
  /** Of a compare-and-set. */
  readonly from?: Text | null;
  readonly to?: Text;
  readonly consistency?: PlannedOperation["consistency"];
  readonly thinkUs: number;
}

interface Text {
  readonly token: string;
  readonly paddingBytes: number;
}

function dataOf({ input, consistency, thinkUs }: PlannedOperation, client: number): OperationData {
  const { op, key } = input;
  switch (op) {
    case "get":
      return { client, op, key, consistency, thinkUs };
    case "delete":
      return { client, op, key, thinkUs };
    case "cas":
      return {
        client,
        op,
        key,
        from: input.from === null ? null : pack(input.from),
        to: pack(input.to),
        thinkUs,
      };
    case "put":
    case "append":
      return { client, op, key, value: pack(input.value), thinkUs };
    default:
      return unreachable(input);
  }
}

function operationOf(data: OperationData): PlannedOperation {
  const { consistency = "linearizable", thinkUs } = data;
  return { input: inputOf(data), consistency, thinkUs };
}

function inputOf({ op, key, value, from, to }: OperationData): KeyValueInput {
  switch (op) {
    case "get":
    case "delete":
      return { op, key };
    case "cas":
      return { op, key, from: from === null ? null : unpack(from!), to: unpack(to!) };
    case "put":
    case "append":
      return { op, key, value: unpack(value!) };
    default:
      return unreachable(op);
  }
}

function pack(value: string | number | null): Text {
  const text = String(value);
  // Found by its place: values are long, and a run has hundreds of them.
  const start = text.indexOf(PADDING);
  const end = text.lastIndexOf(PADDING) + 1;
  if (start < 0) return { token: text, paddingBytes: 0 };
  return { token: text.slice(0, start) + text.slice(end), paddingBytes: end - start };
}

function unpack({ token, paddingBytes }: Text): string {
  return tokenOf(Number.parseInt(token, 10), paddingBytes);
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
    case "cut-leader":
    case "ambush":
      return act;
    default:
      return unreachable(act);
  }
}
