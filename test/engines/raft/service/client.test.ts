// How a client finds the leader, paces itself, asks, changes members, and is closed.
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { notLeader } from "#engines/raft/errors.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient, RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, forever, inWorld, withTimerCount } from "../../rpc/support.js";
import { FakeLog, refused, serve, textOf, utf8 } from "./support.js";

const PATIENCE = { timeoutUs: 1_000_000 };
const SERVERS = ["s1", "s2", "s3"];

/** Servers of which one leads; the others name `hint`. */
async function cluster(
  world: World,
  log: FakeLog,
  leader: () => string,
  hint: () => string | undefined = leader,
  names: readonly string[] = SERVERS,
): Promise<string[]> {
  const asked: string[] = [];
  const atLeader = (name: string, act: () => Uint8Array): Promise<Uint8Array> => {
    asked.push(name);
    return name === leader() ? Promise.resolve(act()) : Promise.reject(notLeader(name, hint()));
  };
  for (const name of names) {
    serve(await boot(world, name), {
      propose: (command) => atLeader(name, () => log.commit(command)),
      read: (query, consistency) =>
        consistency === "stale"
          ? Promise.resolve(utf8(`${name}:${textOf(query)}`))
          : atLeader(name, () => log.query(query)),
    });
  }
  return asked;
}

describe("the leader", () => {
  test("is found by what others say, and asked first from then on", () =>
    inWorld(async (world) => {
      const asked = await cluster(world, new FakeLog(), () => "s3");
      const rpc = new RpcClient(await boot(world, "c"));
      const client = new RaftClient(rpc, { servers: ["s1"] });
      expect(textOf(await client.execute(utf8("a"), PATIENCE))).toBe("1:a");
      expect(textOf(await client.execute(utf8("b"), PATIENCE))).toBe("2:b");
      expect(textOf(await client.query(utf8("q"), "linearizable", PATIENCE))).toBe("2:q");
      expect(asked).toEqual(["s1", "s3", "s3", "s3", "s3"]);
      expect(client.servers).toEqual(["s1", "s3"]);
      // Two redirects and three answers, and no wait: one round trip each, and one more to meet each server.
      expect(world.nowUs).toBe((5 + 2) * 500);
    }));

  test("is found where nobody knows it, and where all name a server that is gone", async () => {
    for (const hint of [undefined, "s9"]) {
      await inWorld(async (world) => {
        await cluster(
          world,
          new FakeLog(),
          () => "s3",
          () => hint,
        );
        const rpc = new RpcClient(await boot(world, "c"));
        const client = new RaftClient(rpc, { servers: SERVERS, attemptTimeoutUs: 20_000 });
        expect(textOf(await client.execute(utf8("a"), PATIENCE))).toBe("1:a");
      });
    }
  });

  test("is not who names itself and does nothing", () =>
    inWorld(async (world) => {
      const asked = await cluster(
        world,
        new FakeLog(),
        () => "s2",
        () => "s1",
        ["s1", "s2"],
      );
      const client = new RaftClient(new RpcClient(await boot(world, "c")), { servers: ["s1", "s2"] });
      client.setServers(["s1", "s2"]);
      await client.open(PATIENCE);
      expect(asked).toEqual(["s1", "s2"]);
    }));

  test("that falls silent is left for another", () =>
    inWorld(async (world) => {
      let leader = "s1";
      const asked = await cluster(world, new FakeLog(), () => leader);
      const rpc = new RpcClient(await boot(world, "c"));
      const client = new RaftClient(rpc, { servers: SERVERS, attemptTimeoutUs: 20_000 });
      await client.execute(utf8("a"), PATIENCE);
      world.crash(world.node("s1")!);
      leader = "s2";
      asked.length = 0;
      expect(textOf(await client.execute(utf8("b"), PATIENCE))).toBe("2:b");
      expect(asked.at(-1)).toBe("s2");
    }));

  test("is replaced with the list of servers", () =>
    inWorld(async (world) => {
      const log = new FakeLog();
      const asked = await cluster(world, log, () => "s1");
      const client = new RaftClient(new RpcClient(await boot(world, "c")), { servers: ["s1"] });
      await client.open(PATIENCE);
      asked.length = 0;
      client.setServers(["s2"]);
      await client.execute(utf8("a"), PATIENCE);
      expect(asked).toEqual(["s2", "s1"]);
    }));
});

test("two servers that name each other are asked with growing waits, not in a loop", () =>
  inWorld(async (world) => {
    const asked: number[] = [];
    for (const [name, other] of [
      ["s1", "s2"],
      ["s2", "s1"],
    ] as const) {
      serve(await boot(world, name), {
        propose: () => {
          asked.push(world.nowUs);
          return Promise.reject(notLeader(name, other));
        },
      });
    }
    const { env, timers } = withTimerCount(await boot(world, "c"));
    const pace = { backoffMinUs: 4_000, backoffMaxUs: 64_000 };
    const client = new RaftClient(new RpcClient(env), { servers: ["s1", "s2"], ...pace });
    await expect(client.open(PATIENCE)).rejects.toMatchObject({ code: "RAFT_UNAVAILABLE" });
    expect(world.nowUs).toBe(1_000_000);
    expect(timers()).toBe(0);
    // 4 + 8 + 16 + 32 ms, then 64 ms each, of which at least half: between one and two attempts a wait.
    expect(asked.length).toBeGreaterThan(2 * 14);
    expect(asked.length).toBeLessThan(2 * 40);
    const waits = asked.slice(1).map((at, i) => at - asked[i]!);
    expect(Math.max(...waits)).toBeGreaterThan(32_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(64_000 + 1_000);
  }));

describe("a query", () => {
  test("that is stale goes to any server in turn", () =>
    inWorld(async (world) => {
      await cluster(world, new FakeLog(), () => "s2");
      const client = new RaftClient(new RpcClient(await boot(world, "c")), { servers: SERVERS });
      await client.execute(utf8("a"), PATIENCE);
      const answers: string[] = [];
      for (let i = 0; i < 6; i++) answers.push(textOf(await client.query(utf8("q"), "stale", PATIENCE)));
      expect(answers.toSorted()).toEqual(["s1:q", "s1:q", "s2:q", "s2:q", "s3:q", "s3:q"]);
    }));

  test("is asked again after silence and doubt, and fails as failed", () =>
    inWorld(async (world) => {
      let times = 0;
      serve(await boot(world, "s1"), {
        read: (query) => {
          times++;
          if (times === 1) return forever();
          if (times === 2) return Promise.reject(refused("RAFT_UNKNOWN", { outcome: "unknown" }));
          return times < 4 ? Promise.resolve(query) : forever();
        },
      });
      const rpc = new RpcClient(await boot(world, "c"));
      const client = new RaftClient(rpc, { servers: ["s1"], attemptTimeoutUs: 20_000 });
      expect(textOf(await client.query(utf8("q"), "lease", PATIENCE))).toBe("q");
      const failed = { code: "RAFT_UNAVAILABLE", outcome: "failed" };
      await expect(client.query(utf8("q"), "lease", PATIENCE)).rejects.toMatchObject(failed);
      expect(times).toBeGreaterThan(20);
    }));

  test("may run while a command does; a second command may not", () =>
    inWorld(async (world) => {
      await cluster(world, new FakeLog(), () => "s1");
      const client = new RaftClient(new RpcClient(await boot(world, "c")), { servers: SERVERS });
      const command = client.execute(utf8("a"), PATIENCE);
      const query = client.query(utf8("q"), "linearizable", PATIENCE);
      await expect(client.execute(utf8("b"), PATIENCE)).rejects.toMatchObject({ code: "ASSERTION_FAILED" });
      expect(textOf(await command)).toBe("1:a");
      expect(textOf(await query)).toMatch(/:q$/);
      expect(textOf(await client.execute(utf8("c"), PATIENCE))).toBe("2:c");
    }));
});

describe("a change", () => {
  const target = { voters: ["s1", "s2"], learners: ["s4"] };

  test("of members or leader waits for its turn, and reaches the leader", () =>
    inWorld(async (world) => {
      const changes: unknown[] = [];
      let busy = 3;
      serve(await boot(world, "s1"), {
        changeMembership: async (to) => {
          if (busy-- > 0) throw refused("RAFT_CHANGE_IN_PROGRESS");
          changes.push(to);
        },
        transferLeadership: async (to) => void changes.push(to),
      });
      serve(await boot(world, "s2"), {
        changeMembership: () => Promise.reject(notLeader("s2", "s1")),
        transferLeadership: () => Promise.reject(notLeader("s2", "s1")),
      });
      const client = new RaftClient(new RpcClient(await boot(world, "c")), { servers: ["s2"] });
      await client.changeMembership(target, PATIENCE);
      client.setServers(["s2"]);
      await client.transferLeadership("s3", PATIENCE);
      expect(changes).toEqual([target, "s3"]);
    }));

  test("is not tried again once it may be under way", () =>
    inWorld(async (world) => {
      let times = 0;
      const node = {
        changeMembership: (): Promise<never> => {
          times++;
          return forever();
        },
        transferLeadership: (): Promise<never> => {
          times++;
          return Promise.reject(refused("RAFT_UNKNOWN", { outcome: "unknown" }));
        },
      };
      for (const name of SERVERS) serve(await boot(world, name), node);
      const rpc = new RpcClient(await boot(world, "c"));
      const client = new RaftClient(rpc, { servers: SERVERS, attemptTimeoutUs: 20_000 });
      const unknown = { code: "RAFT_UNKNOWN", outcome: "unknown" };
      await expect(client.changeMembership(target, PATIENCE)).rejects.toMatchObject(unknown);
      await expect(client.transferLeadership("s3", PATIENCE)).rejects.toMatchObject(unknown);
      expect(times).toBe(2);
    }));
});

describe("close", () => {
  async function closing(env: Env, servers: readonly string[]): Promise<unknown[]> {
    const { env: counted, timers } = withTimerCount(env);
    const rpc = new RpcClient(counted);
    const client = new RaftClient(rpc, { servers });
    const ends = [client.execute(utf8("a"), PATIENCE), client.query(utf8("q"), "linearizable", PATIENCE)].map(
      (end) => end.then(textOf, (error: { code: string; outcome: string }) => error.code),
    );
    await env.clock.sleep(30_000);
    const before = env.clock.nowUs();
    client.close();
    const codes = await Promise.all(ends);
    expect(env.clock.nowUs()).toBe(before);
    expect([rpc.openCalls, timers()]).toEqual([0, 0]);
    const stopped = { code: "RAFT_STOPPED", outcome: "failed" };
    await expect(client.execute(utf8("b"), PATIENCE)).rejects.toMatchObject(stopped);
    return codes;
  }

  test("ends what waits for an answer: unknown where it may have been done", () =>
    inWorld(async (world) => {
      const log = new FakeLog();
      let proposals = 0;
      serve(await boot(world, "s1"), {
        propose: (command) => (proposals++ === 0 ? Promise.resolve(log.commit(command)) : forever()),
        read: () => forever(),
      });
      expect(await closing(await boot(world, "c"), ["s1"])).toEqual(["RAFT_UNKNOWN", "RAFT_STOPPED"]);
    }));

  test("ends what waits for its next attempt", () =>
    inWorld(async (world) => {
      serve(await boot(world, "s1"), {});
      expect(await closing(await boot(world, "c"), ["s1"])).toEqual(["RAFT_STOPPED", "RAFT_STOPPED"]);
    }));
});

test("several clients may share one node", () =>
  inWorld(async (world) => {
    const log = new FakeLog();
    await cluster(world, log, () => "s2");
    const rpc = new RpcClient(await boot(world, "c"));
    const clients = [0, 1, 2, 3].map(() => new RaftClient(rpc, { servers: SERVERS }));
    await Promise.all(
      clients.map(async (client, c) => {
        for (let i = 0; i < 5; i++) await client.execute(utf8(`${c}.${i}`), PATIENCE);
      }),
    );
    const wanted = [0, 1, 2, 3].flatMap((c) => [0, 1, 2, 3, 4].map((i) => `${c}.${i}`));
    expect(log.applied.toSorted()).toEqual(wanted);
    expect(() => new RpcServer(rpc.env)).not.toThrow();
  }));
