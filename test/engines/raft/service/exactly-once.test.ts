// Servers that do anything Raft may do, on a network that does anything it may: the promises of a client hold.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { RaftError, notLeader } from "#engines/raft/errors.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot, forever, inWorld, withFate, type Fate } from "../../rpc/support.js";
import { FakeLog, refused, serve, textOf, utf8 } from "./support.js";

const SERVERS = ["s1", "s2", "s3"];
const ACTS = [
  "apply",
  "apply",
  "apply",
  "applyLate",
  "applyLater, say nothing",
  "lose, say nothing",
  "applyLater, say unknown",
  "lose, say unknown",
  "overwritten",
  "busy",
  "stopped",
  "move",
] as const;

interface Plan {
  readonly acts: readonly (typeof ACTS)[number][];
  readonly fates: readonly (readonly number[])[];
  readonly delays: readonly number[];
  readonly restarts: readonly { readonly afterUs: number; readonly server: number }[];
  readonly maxSessions: number;
}

/** A leader that moves, and does with each proposal what is next in the plan. */
class Cluster {
  readonly log: FakeLog;
  readonly #plan: Plan;
  #leader = 0;
  #proposals = 0;
  #delays = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.log = new FakeLog(plan.maxSessions);
  }

  serve(env: Env): void {
    serve(env, { propose: (command) => this.#propose(env, command) });
  }

  async #propose(env: Env, command: Uint8Array): Promise<Uint8Array> {
    const leader = SERVERS[this.#leader]!;
    if (env.node !== leader) throw notLeader(env.node, leader);
    const act = this.#plan.acts[this.#proposals++ % this.#plan.acts.length]!;
    switch (act) {
      case "apply":
        return this.log.commit(command);
      case "applyLate":
        await env.clock.sleep(this.#delayUs());
        return this.log.commit(command);
      case "applyLater, say nothing":
      case "applyLater, say unknown":
        env.clock.setTimer(this.#delayUs(), () => this.log.commit(command));
        break;
      case "lose, say nothing":
      case "lose, say unknown":
        break;
      case "overwritten":
        throw refused("RAFT_BUSY");
      case "busy":
        throw refused("RAFT_BUSY");
      case "stopped":
        throw refused("RAFT_STOPPED");
      case "move":
        this.#leader = (this.#leader + 1) % SERVERS.length;
        throw notLeader(env.node, undefined);
    }
    if (act.endsWith("unknown")) throw refused("RAFT_UNKNOWN", { outcome: "unknown" });
    return forever();
  }

  #delayUs(): number {
    return this.#plan.delays[this.#delays++ % this.#plan.delays.length]!;
  }
}

interface Ended {
  readonly command: string;
  /** Where it was applied; or what the error says. */
  readonly end: number | "failed" | "unknown";
}

async function workOf(client: RaftClient, name: string, ended: Ended[]): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const command = `${name}.${i}`;
    try {
      const result = textOf(await client.execute(utf8(command), { timeoutUs: 60_000 }));
      const [place, applied] = result.split(":");
      expect(applied).toBe(command);
      ended.push({ command, end: Number(place) });
    } catch (error) {
      expect(error).toBeInstanceOf(RaftError);
      ended.push({ command, end: (error as RaftError).outcome });
    }
  }
}

async function run(plan: Plan): Promise<{ readonly ended: Ended[]; readonly applied: readonly string[] }> {
  const cluster = new Cluster(plan);
  const ended: Ended[] = [];
  await inWorld(async (world) => {
    let sent = 0;
    const fate: Fate = () => plan.fates[sent++ % plan.fates.length]!;
    const start = async (name: string): Promise<Env> => withFate(await boot(world, name), fate);
    for (const name of SERVERS) cluster.serve(await start(name));
    const pace = { attemptTimeoutUs: 12_000, backoffMinUs: 500, backoffMaxUs: 4_000 };
    const rpcs = [new RpcClient(await start("c1")), new RpcClient(await start("c2"))];
    // Two clients share a node.
    const clients = [rpcs[0]!, rpcs[0]!, rpcs[1]!].map(
      (rpc) => new RaftClient(rpc, { servers: SERVERS, ...pace }),
    );
    const work = Promise.all(clients.map((client, c) => workOf(client, `c${c}`, ended)));
    for (const { afterUs, server } of plan.restarts) {
      await world.sleep(afterUs);
      world.crash(world.node(SERVERS[server]!)!);
      await world.sleep(1);
      cluster.serve(await start(SERVERS[server]!));
    }
    await work;
    for (const rpc of rpcs) expect(rpc.openCalls).toBe(0);
    await world.sleep(500_000);
  });
  return { ended, applied: cluster.log.applied };
}

const delay = fc.integer({ min: 0, max: 20_000 });
const plans: fc.Arbitrary<Plan> = fc.record({
  acts: fc.array(fc.constantFrom(...ACTS), { minLength: 20, maxLength: 60 }),
  fates: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([0]) },
      { weight: 1, arbitrary: fc.array(delay, { maxLength: 3 }) },
    ),
    { minLength: 30, maxLength: 90 },
  ),
  delays: fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 5, maxLength: 20 }),
  restarts: fc.array(
    fc.record({ afterUs: fc.integer({ min: 1, max: 100_000 }), server: fc.nat(SERVERS.length - 1) }),
    { maxLength: 3 },
  ),
  maxSessions: fc.constantFrom(2, 100),
});

test("done is done once, failed is never done, and a client's commands keep their order", async () => {
  const seen = { done: 0, failed: 0, unknown: 0, unknownApplied: 0 };
  const property = fc.asyncProperty(plans, async (plan) => {
    const { ended, applied } = await run(plan);
    expect(ended).toHaveLength(36);
    expect(new Set(applied).size).toBe(applied.length);
    for (const { command, end } of ended) {
      const isApplied = applied.includes(command);
      if (end === "failed") expect(isApplied).toBe(false);
      else if (end !== "unknown") expect(applied[end - 1]).toBe(command);
      seen[typeof end === "number" ? "done" : end]++;
      if (end === "unknown" && isApplied) seen.unknownApplied++;
    }
    for (const client of ["c0", "c1", "c2"]) {
      const numbers = applied
        .filter((command) => command.startsWith(client))
        .map((command) => Number(command.slice(3)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });
  await fc.assert(property, { seed: 11, numRuns: 25 });
  // Every kind of end was met often enough for this to mean something.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
});
