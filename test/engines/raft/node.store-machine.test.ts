// Whole servers in a simulated world, each with its state in a store on its disk.
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { RaftNode, type RaftEvent, type RaftNodeOptions } from "#engines/raft/index.js";
import { Journal } from "#engines/raft/journal/index.js";
import {
  KEY_VALUE_RULES,
  decodeResult,
  encodeCommand,
  encodeQuery,
  type KeyValueResult,
} from "#engines/raft/kv/index.js";
import { decodeSessionResult, encodeOpenSession, encodeSessionCommand } from "#engines/raft/sessions.js";
import { StoreMachine } from "#engines/raft/store-machine/index.js";
import { toStoreError } from "#engines/store/index.js";
import { DiskError } from "#engines/env/index.js";
import type { World } from "#sim/world.js";
import { testWorld } from "../../support/world.js";
import { LogStore, type LogStoreOptions } from "../support/log-store.js";
import { NAMES, THREE } from "./node.support.js";

type Tuning = Partial<Omit<RaftNodeOptions, "storage" | "machine" | "bootstrap">>;
type Stores = Partial<Omit<LogStoreOptions, "directory">>;

interface Life {
  readonly raft: RaftNode;
  readonly machine: StoreMachine;
}

class StoreCluster {
  readonly world: World;
  readonly lives: Map<string, Life> = new Map();
  readonly events: { readonly node: string; readonly event: RaftEvent }[] = [];
  readonly stops: unknown[] = [];
  stores: (name: string) => Stores = () => ({});
  readonly #tuning: Tuning;
  #sequence = 0;
  #session = 0;

  constructor(world: World, tuning: Tuning) {
    this.world = world;
    this.#tuning = tuning;
    world.listen((from, event) => this.events.push({ node: from.node.name, event: event as RaftEvent }));
  }

  boot(name: string): void {
    const node = this.world.node(name) ?? this.world.addNode(name);
    this.world.boot(node, async (env: Env) => {
      const machine = new StoreMachine(env, {
        openStore: (at, directory) => LogStore.open(at, { ...this.stores(name), directory }),
        rules: KEY_VALUE_RULES,
        limits: { keyBytes: 32, valueBytes: 4_096 },
      });
      const raft = await RaftNode.open(env, {
        ...this.#tuning,
        storage: new Journal(env),
        machine,
        bootstrap: THREE,
      });
      this.lives.set(name, { raft, machine });
      this.stops.push(await raft.stopped);
    });
  }

  crash(name: string): void {
    this.lives.delete(name);
    this.world.crash(this.world.node(name)!);
  }

  async leader(): Promise<RaftNode> {
    for (let tries = 0; tries < 400; tries++) {
      for (const { raft } of this.lives.values()) if (raft.isLeader) return raft;
      await this.world.sleep(25_000);
    }
    throw new Error("nobody was elected");
  }

  nameOf(raft: RaftNode): string {
    return [...this.lives].find(([, life]) => life.raft === raft)![0];
  }

  async put(raft: RaftNode, key: string, value: string): Promise<KeyValueResult> {
    if (this.#session === 0) {
      const opened = decodeSessionResult(await raft.propose(encodeOpenSession()));
      if (opened.kind === "opened") this.#session = opened.session;
    }
    const command = encodeCommand({ op: "put", key, value });
    const sent = encodeSessionCommand(this.#session, ++this.#sequence, command);
    const answer = decodeSessionResult(await raft.propose(sent));
    if (answer.kind !== "applied") throw new Error(answer.kind);
    return decodeResult(answer.result);
  }

  async agree(): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      const states = NAMES.map((name) => this.lives.get(name)?.raft.inspect());
      const [first] = states;
      if (states.every((each) => each?.applied === first?.applied && each?.digest === first?.digest)) return;
      await this.world.sleep(25_000);
    }
    throw new Error("they never agreed");
  }

  /** Indexes that the server's latest incarnation applied, and what its state stood at when it began. */
  life(name: string): { readonly held: number | undefined; readonly applied: number[] } {
    let held: number | undefined;
    let applied: number[] = [];
    for (const { node, event } of this.events) {
      if (node !== name) continue;
      if (event.kind === "raft/booted") [held, applied] = [event.held?.index, []];
      else if (event.kind === "raft/applied") applied.push(event.position.index);
    }
    return { held, applied };
  }
}

async function get(
  raft: RaftNode,
  key: string,
  consistency: "linearizable" | "lease" | "stale",
): Promise<unknown> {
  const result = decodeResult(await raft.read(encodeQuery({ op: "get", key }), consistency));
  return result.kind === "value" ? result.value : result;
}

async function withStores(
  story: (cluster: StoreCluster) => Promise<void>,
  options: { readonly tuning?: Tuning; readonly stores?: (name: string) => Stores } = {},
): Promise<StoreCluster> {
  const world = testWorld();
  const cluster = new StoreCluster(world, options.tuning ?? {});
  if (options.stores !== undefined) cluster.stores = options.stores;
  await world.run(async () => {
    for (const name of NAMES) cluster.boot(name);
    await story(cluster);
  });
  const [finding] = world.findings;
  if (finding !== undefined)
    throw new Error(`${finding.invariant}: ${finding.message}\n${finding.stack ?? ""}`);
  return cluster;
}

function upFrom(index: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => index + i);
}

describe("a server with its state in a store", () => {
  test("goes on from where the store is, and does not apply the log again", async () => {
    await withStores(async (cluster) => {
      const leader = await cluster.leader();
      for (let i = 0; i < 20; i++) await cluster.put(leader, `k${i % 3}`, `v${i}`);
      await cluster.agree();
      const away = NAMES.find((name) => name !== cluster.nameOf(leader))!;
      const before = cluster.lives.get(away)!.raft.inspect().applied;
      cluster.crash(away);
      for (let i = 20; i < 25; i++) await cluster.put(leader, "k0", `v${i}`);
      cluster.boot(away);
      await cluster.world.sleep(500_000);
      await cluster.agree();
      const { held, applied } = cluster.life(away);
      expect(held).toBe(before);
      expect(applied).toEqual(upFrom(before + 1, applied.length));
      expect(applied.length).toBeGreaterThanOrEqual(5);
      expect(await get(cluster.lives.get(away)!.raft, "k0", "stale")).toBe("v24");
      expect(cluster.world.marks.get("raft/machine-resumed")).toBe(1);
    });
  });

  test("keeps its lead while its store is slow, and answers no read too early", async () => {
    const tuning = { electionTimeoutUs: 100_000, heartbeatUs: 20_000 };
    const stores = (): Stores => ({ writeUs: 400_000, isSlow: () => true });
    await withStores(
      async (cluster) => {
        const leader = await cluster.leader();
        const { term } = leader.inspect();
        await cluster.put(leader, "k", "first");
        const puts = [1, 2, 3].map((i) => cluster.put(leader, "k", `v${i}`));
        await cluster.world.sleep(50_000);
        const { applied, commit } = leader.inspect();
        expect(commit).toBeGreaterThan(applied);
        expect(await get(leader, "k", "stale")).toBe("first");
        // The writes are committed; both reads began after that.
        const reads = [get(leader, "k", "linearizable"), get(leader, "k", "lease")];
        expect(await Promise.all(reads)).toEqual(["v3", "v3"]);
        expect(await Promise.all(puts)).toEqual([{ kind: "ok" }, { kind: "ok" }, { kind: "ok" }]);
        expect(leader.inspect()).toMatchObject({ role: "leader", term });
      },
      { tuning, stores },
    );
  });

  test("takes snapshots while commands go on, and installs those of others", async () => {
    const tuning = { snapshotEvery: 10, keepEntries: 2 };
    const cluster = await withStores(
      async (each) => {
        const leader = await each.leader();
        const away = NAMES.find((name) => name !== each.nameOf(leader))!;
        await each.put(leader, "k0", "v");
        each.crash(away);
        for (let i = 0; i < 60; i++) await each.put(leader, `k${i % 7}`, `v${i}`);
        expect(leader.inspect().base.index).toBeGreaterThan(40);
        each.boot(away);
        await each.world.sleep(500_000);
        const more = Array.from({ length: 20 }, (_, i) => each.put(leader, `k${i % 7}`, `w${i}`));
        await Promise.all(more);
        await each.agree();
        expect(await get(each.lives.get(away)!.raft, "k5", "stale")).toBe("w19");
        const { applied } = each.lives.get(away)!.raft.inspect();
        each.crash(away);
        each.boot(away);
        await each.world.sleep(500_000);
        await each.agree();
        expect(each.life(away)).toMatchObject({
          held: applied,
          applied: upFrom(applied + 1, each.life(away).applied.length),
        });
      },
      { tuning, stores: () => ({ isSlow: () => true }) },
    );
    expect(cluster.world.marks.get("raft/snapshot-installed")).toBe(1);
  });

  test("stops where its store fails, answers nobody from it, and goes on once it is opened again", async () => {
    let failing: string | undefined;
    const stores = (name: string): Stores => ({
      failing: (operation) => {
        if (failing === `${name} ${operation}`) {
          throw toStoreError(new DiskError("EIO", `${operation} machine-1/file`), "machine-1", "failed");
        }
      },
    });
    await withStores(
      async (cluster) => {
        const leader = await cluster.leader();
        await cluster.put(leader, "k", "v1");
        const name = cluster.nameOf(leader);
        failing = `${name} write`;
        const lost = cluster.put(leader, "k", "v2");
        await expect(lost).rejects.toMatchObject({ code: "RAFT_UNKNOWN" });
        await expect(get(leader, "k", "linearizable")).rejects.toMatchObject({ code: "RAFT_STOPPED" });
        await cluster.world.sleep(10_000);
        expect(cluster.stops).toEqual([expect.objectContaining({ code: "RAFT_STOPPED" })]);
        failing = undefined;
        cluster.lives.delete(name);
        const next = await cluster.leader();
        cluster.boot(name);
        await cluster.world.sleep(500_000);
        // It was committed before the store failed.
        expect(await get(next, "k", "linearizable")).toBe("v2");
        await cluster.agree();
        failing = `${name} get`;
        const { raft } = cluster.lives.get(name)!;
        await expect(get(raft, "k", "stale")).rejects.toMatchObject({ code: "RAFT_STOPPED" });
        failing = undefined;
        cluster.lives.delete(name);
        await cluster.world.sleep(100_000);
        cluster.boot(name);
        await cluster.world.sleep(500_000);
        await cluster.agree();
        // What could not be read was given up, and the whole log applied to a new store.
        expect(cluster.life(name)).toMatchObject({ held: 0 });
        expect(await get(cluster.lives.get(name)!.raft, "k", "stale")).toBe("v2");
      },
      { stores },
    );
  });

  test("closes its store, which is whole then", async () => {
    await withStores(async (cluster) => {
      const leader = await cluster.leader();
      for (let i = 0; i < 5; i++) await cluster.put(leader, "k", `v${i}`);
      const name = cluster.nameOf(leader);
      const { applied } = leader.inspect();
      const waiting = expect(cluster.put(leader, "k", "last")).rejects.toMatchObject({
        code: "RAFT_UNKNOWN",
      });
      await leader.close();
      await waiting;
      cluster.lives.delete(name);
      await cluster.world.sleep(100_000);
      cluster.boot(name);
      await cluster.world.sleep(500_000);
      await cluster.agree();
      expect(cluster.life(name).held).toBeGreaterThanOrEqual(applied);
    });
  });
});
