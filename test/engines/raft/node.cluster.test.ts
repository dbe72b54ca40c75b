// Whole servers: what a user of RaftNode sees.
import { describe, expect, it } from "vitest";
import { EMPTY_CONFIGURATION, makeConfiguration } from "#engines/raft/configuration.js";
import type { RaftMessage } from "#engines/raft/index.js";
import { NAMES, THREE, get, put, withCluster } from "./node.support.js";

describe("a cluster", () => {
  it("gives results, reads what was written, and comes back with it after a power loss everywhere", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      expect(await put(leader, "a", "1")).toEqual({ kind: "ok" });
      for (const consistency of ["linearizable", "lease", "stale"] as const) {
        expect(await get(leader, "a", consistency)).toEqual({ kind: "value", value: "1" });
      }
      for (const name of NAMES) {
        cluster.raft.delete(name);
        cluster.world.powerLoss(cluster.machine(name));
      }
      await cluster.world.sleep(1_000);
      for (const name of NAMES) cluster.boot(name, THREE);
      expect(await get(await cluster.leader(), "a")).toEqual({ kind: "value", value: "1" });
    });
  });

  it("refuses where it does not lead, and says who does", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      await cluster.world.sleep(200_000);
      const other = cluster.node(NAMES.find((name) => name !== leader.inspect().node)!);
      const refusal = { code: "RAFT_NOT_LEADER", outcome: "failed", leader: leader.inspect().node };
      await expect(put(other, "a", "1")).rejects.toMatchObject(refusal);
      await expect(get(other, "a")).rejects.toMatchObject(refusal);
      await expect(get(other, "a", "stale")).resolves.toEqual({ kind: "value", value: null });
    });
  });

  it("calls a proposal unknown where its leader steps down", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      cluster.world.network.isolate(leader.inspect().node);
      await expect(put(leader, "a", "1")).rejects.toMatchObject({ code: "RAFT_UNKNOWN", outcome: "unknown" });
      expect(leader.isLeader).toBe(false);
    });
  });

  it("ends with close: nothing is taken any more, and what is under way is unknown", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      const underWay = put(leader, "a", "1");
      const closed = leader.close();
      await expect(underWay).rejects.toMatchObject({ outcome: "unknown" });
      await closed;
      expect(await leader.stopped).toBeUndefined();
      await expect(put(leader, "a", "2")).rejects.toMatchObject({ code: "RAFT_STOPPED", outcome: "failed" });
      await expect(get(leader, "a", "stale")).rejects.toMatchObject({ code: "RAFT_STOPPED" });
    });
  });

  it("hands the leadership over", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      await put(leader, "a", "1");
      const next = NAMES.find((name) => name !== leader.inspect().node)!;
      await leader.transferLeadership(next);
      await cluster.world.sleep(10_000);
      expect(cluster.node(next).isLeader).toBe(true);
      await expect(cluster.node(next).transferLeadership("n9")).rejects.toMatchObject({
        code: "RAFT_BAD_ARGUMENT",
      });
    });
  });
});

describe("snapshots", () => {
  const tuning = { snapshotEvery: 20, keepEntries: 5 };

  it("bound the log, carry a server that was away, and are what it boots from", async () => {
    const cluster = await withCluster(
      async (each) => {
        const leader = await each.leader();
        const away = NAMES.find((name) => name !== leader.inspect().node)!;
        each.crash(away);
        for (let i = 0; i < 100; i++) await put(leader, `k${i % 7}`, `v${i}`);
        await each.world.sleep(100_000);
        expect(leader.inspect().log.length).toBeLessThan(40);
        each.boot(away, THREE);
        await each.world.sleep(500_000);
        await each.agree(...NAMES);
        each.crash(away);
        each.boot(away, THREE);
        await each.world.sleep(500_000);
        await each.agree(...NAMES);
        expect(await get(each.node(away), "k1", "stale")).toEqual({ kind: "value", value: "v99" });
      },
      { tuning },
    );
    expect(cluster.world.marks.get("raft/snapshot-installed")).toBe(1);
    const boots = cluster.events.flatMap(({ event }) =>
      event.kind === "raft/booted" ? [event.snapshot] : [],
    );
    expect(boots[boots.length - 1]).toBeDefined();
  });
});

describe("a snapshot on its way", () => {
  it("gives way to a newer one, also where the answer to its last chunk is lost", async () => {
    await withCluster(
      async (cluster) => {
        const leader = await cluster.leader();
        const away = NAMES.find((name) => name !== leader.inspect().node)!;
        cluster.crash(away);
        for (let i = 0; i < 10; i++) await put(leader, "a", `v${i}`);
        let lost = 0;
        cluster.world.network.filter = (from, _to, _type, value) => {
          const message = value as RaftMessage;
          if (from !== away || message.kind !== "snapshotChunkResponse" || message.nextChunk < 2)
            return "deliver";
          lost++;
          return "drop";
        };
        cluster.boot(away, THREE);
        // The leader compacts its log while each snapshot is under way.
        for (let i = 0; i < 40; i++) {
          await put(leader, "a", `w${i}`);
          await cluster.world.sleep(1_000);
        }
        await cluster.world.sleep(1_000_000);
        expect(lost).toBeGreaterThan(0);
        expect(cluster.node(away).inspect().applied).toBe(leader.inspect().applied);
      },
      { tuning: { snapshotEvery: 1, keepEntries: 0 } },
    );
  });
});

describe("membership", () => {
  it("replaces every member, the leader too", async () => {
    await withCluster(async (cluster) => {
      const fresh = ["n4", "n5", "n6"];
      for (const name of fresh) cluster.boot(name, EMPTY_CONFIGURATION);
      const leader = await cluster.leader();
      await put(leader, "a", "1");
      await leader.changeMembership({ voters: fresh, learners: [] });
      for (const name of NAMES) cluster.crash(name);
      const next = await cluster.leader(...fresh);
      expect(next.inspect().configuration).toEqual(makeConfiguration(fresh));
      expect(await get(next, "a")).toEqual({ kind: "value", value: "1" });
    });
  });

  it("refuses what makes no sense, and a second change beside one", async () => {
    await withCluster(async (cluster) => {
      const leader = await cluster.leader();
      await expect(leader.changeMembership({ voters: [], learners: [] })).rejects.toMatchObject({
        code: "RAFT_BAD_ARGUMENT",
      });
      await expect(leader.changeMembership({ voters: ["n1"], learners: ["n1"] })).rejects.toMatchObject({
        code: "RAFT_BAD_ARGUMENT",
      });
      const first = leader.changeMembership({ voters: ["n1", "n2"], learners: ["n3"] });
      await expect(leader.changeMembership({ voters: ["n1"], learners: [] })).rejects.toMatchObject({
        code: "RAFT_CHANGE_IN_PROGRESS",
      });
      await first;
    });
  });
});

describe("two versions of the program in one cluster", () => {
  it("work together, and one takes over the other's disk", async () => {
    await withCluster(async (cluster) => {
      for (const name of NAMES) cluster.crash(name);
      cluster.boot("n1", THREE, 1);
      cluster.boot("n2", THREE, 1);
      cluster.boot("n3", THREE, 2);
      await put(await cluster.leader(), "a", "1");
      for (const [i, name] of (["n1", "n2", "n3"] as const).entries()) {
        cluster.crash(name);
        await cluster.world.sleep(10_000);
        cluster.boot(name, THREE, 2);
        await cluster.world.sleep(1_000_000);
        expect(await put(await cluster.leader(), "b", String(i))).toEqual({ kind: "ok" });
      }
      await cluster.agree(...NAMES);
      expect(await get(await cluster.leader(), "a")).toEqual({ kind: "value", value: "1" });
      // And back again, onto a disk that the newer program wrote.
      cluster.crash("n1");
      await cluster.world.sleep(10_000);
      cluster.boot("n1", THREE, 1);
      await cluster.world.sleep(1_000_000);
      await cluster.agree(...NAMES);
    });
  });
});

describe("a server whose files are damaged", () => {
  it("says so, counts for nothing, and is rebuilt from the others", async () => {
    const cluster = await withCluster(async (each) => {
      const leader = await each.leader();
      for (let i = 0; i < 10; i++) await put(leader, "a", `v${i}`);
      const victim = NAMES.find((name) => name !== leader.inspect().node)!;
      each.crash(victim);
      const node = each.machine(victim);
      // One byte of the first record, long durable.
      each.world.boot(node, async (env) => {
        const [segment] = (await env.disk.list("raft-1/log")).filter((name) => name.endsWith(".wal"));
        const file = await env.disk.open(`raft-1/log/${segment!}`, "existing");
        const bytes = await file.read(60, 1);
        file.write(60, Uint8Array.of(bytes[0]! ^ 1));
        await file.sync();
      });
      await each.world.sleep(10_000);
      each.boot(victim, THREE);
      await each.world.sleep(2_000_000);
      await each.agree(...NAMES);
      expect(each.node(victim).inspect().isRepairing).toBe(false);
    });
    const kinds = cluster.events.map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === "raft/damaged").length).toBe(1);
    expect(kinds.filter((kind) => kind === "raft/repaired").length).toBe(1);
  });
});
