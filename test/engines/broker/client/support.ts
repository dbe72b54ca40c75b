import { expect } from "vitest";
import { ClusterView } from "#engines/broker/client/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, withTimerCount } from "../../rpc/support.js";
import { FakeCluster } from "../support/fake-broker.js";

const UTF8 = new TextEncoder();
export const utf8 = (text: string): Uint8Array => UTF8.encode(text);

export const NAMES: readonly string[] = ["b1", "b2", "b3"];

export interface Setting {
  readonly brokers: FakeCluster;
  readonly rpc: RpcClient;
  readonly cluster: ClusterView;
  readonly timers: () => number;
}

/** Three brokers that share the partitions of `t` (four unless said), and a client that knows one of them. */
export async function settle(world: World, partitions = 4): Promise<Setting> {
  const brokers = await FakeCluster.boot(world, NAMES, { t: partitions });
  const { env, timers } = withTimerCount(await boot(world, "c"));
  const rpc = new RpcClient(env);
  return { brokers, rpc, cluster: new ClusterView(rpc, { bootstrap: ["b1"] }), timers };
}

export async function failureOf(promise: Promise<unknown>): Promise<{ code: string; outcome?: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as { code: string; outcome?: string } & Error;
}
