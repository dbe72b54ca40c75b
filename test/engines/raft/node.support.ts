// Clusters of whole servers in a simulated world: the shell over its journal, with a key-value store.
import type { Env } from "#engines/env/index.js";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { Journal } from "#engines/raft/journal/index.js";
import {
  KeyValueMachine,
  decodeResult,
  encodeCommand,
  encodeQuery,
  type KeyValueResult,
} from "#engines/raft/kv/index.js";
import { RaftNode, type Consistency, type RaftEvent, type RaftNodeOptions } from "#engines/raft/index.js";
import type { Configuration } from "#engines/raft/types.js";
import type { Node } from "#sim/process.js";
import type { World } from "#sim/world.js";
import { testWorld, type TestWorldOptions } from "../../support/world.js";

type Tuning = Partial<Omit<RaftNodeOptions, "storage" | "machine" | "bootstrap">>;

export class TestCluster {
  readonly world: World;
  readonly raft: Map<string, RaftNode> = new Map();
  readonly events: { readonly node: string; readonly event: RaftEvent }[] = [];
  readonly #tuning: Tuning;

  constructor(world: World, tuning: Tuning) {
    this.world = world;
    this.#tuning = tuning;
    world.listen((from, event) => this.events.push({ node: from.node.name, event: event as RaftEvent }));
  }

  /** Boots a process on the machine, which is made where it is missing. */
  boot(name: string, bootstrap: Configuration, version: 1 | 2 = 2): void {
    const node = this.world.node(name) ?? this.world.addNode(name);
    const program = async (env: Env): Promise<void> => {
      const raft = await RaftNode.open(env, {
        ...this.#tuning,
        storage: new Journal(env, { formatVersion: version }),
        machine: new KeyValueMachine(),
        bootstrap,
        formatVersion: version,
      });
      this.raft.set(name, raft);
      await raft.stopped;
    };
    this.world.boot(node, program, { version });
  }

  machine(name: string): Node {
    return this.world.node(name)!;
  }

  node(name: string): RaftNode {
    return this.raft.get(name)!;
  }

  crash(name: string): void {
    this.raft.delete(name);
    this.world.crash(this.machine(name));
  }

  /** Waits for a leader among these servers, or among all that are up. */
  async leader(...among: readonly string[]): Promise<RaftNode> {
    for (let tries = 0; tries < 400; tries++) {
      const names = among.length > 0 ? among : [...this.raft.keys()];
      for (const name of names) if (this.raft.get(name)?.isLeader === true) return this.raft.get(name)!;
      await this.world.sleep(25_000);
    }
    throw new Error("nobody was elected");
  }

  /** Waits until the servers have applied the same. */
  async agree(...names: readonly string[]): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      const states = names.map((name) => this.raft.get(name)?.inspect());
      const [first] = states;
      if (states.every((state) => state?.applied === first?.applied && state?.digest === first?.digest))
        return;
      await this.world.sleep(25_000);
    }
    throw new Error("they never agreed");
  }
}

export function put(raft: RaftNode, key: string, value: string): Promise<KeyValueResult> {
  return raft.propose(encodeCommand({ op: "put", key, value })).then(decodeResult);
}

export function get(
  raft: RaftNode,
  key: string,
  consistency: Consistency = "linearizable",
): Promise<KeyValueResult> {
  return raft.read(encodeQuery({ op: "get", key }), consistency).then(decodeResult);
}

export const NAMES: readonly string[] = ["n1", "n2", "n3"];
export const THREE: Configuration = makeConfiguration(NAMES);

/** Runs a story in a world with three servers. A finding of the world fails it. */
export async function withCluster(
  story: (cluster: TestCluster) => Promise<void>,
  options: { readonly tuning?: Tuning; readonly world?: TestWorldOptions } = {},
): Promise<TestCluster> {
  const world = testWorld(options.world);
  const cluster = new TestCluster(world, options.tuning ?? {});
  await world.run(async () => {
    for (const name of NAMES) cluster.boot(name, THREE);
    await story(cluster);
  });
  const [finding] = world.findings;
  if (finding !== undefined)
    throw new Error(`${finding.invariant}: ${finding.message}\n${finding.stack ?? ""}`);
  return cluster;
}
