// Partitions that nobody may lead any more (KIP-966): who is remembered, and how one of them leads again.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMetadataCommand } from "#engines/broker/metadata/commands.js";
import { encodeMetadataCommand, type MetadataCommand } from "#engines/broker/metadata/index.js";
import { P0, TestCluster } from "./support.js";

type RecoverLeader = Extract<MetadataCommand, { kind: "recoverLeader" }>;

function started(minInsyncReplicas = 2): TestCluster {
  const cluster = new TestCluster("b1", "b2", "b3", "b4");
  cluster.create(["b1", "b2", "b3"], { minInsyncReplicas });
  return cluster;
}

/** A broker comes back, and what it had may be gone. */
function crash(cluster: TestCluster, ...brokers: readonly string[]): void {
  for (const broker of brokers) cluster.register(broker);
  for (const broker of brokers) cluster.unfence(broker);
}

/** What the controller would propose, having asked all. */
function recovery(cluster: TestCluster, leader: string, change: Partial<RecoverLeader> = {}): RecoverLeader {
  const { partitionEpoch, lastKnownElr } = cluster.state;
  const candidates = lastKnownElr.map((broker) => ({ broker, epoch: cluster.epochOf(broker) }));
  return { kind: "recoverLeader", partition: P0, partitionEpoch, leader, candidates, ...change };
}

describe("the last known ELR", () => {
  test("is whoever left uncleanly below the minimum, in the order of the replicas", () => {
    const cluster = started();
    crash(cluster, "b3");
    expect(cluster.state).toMatchObject({ isr: ["b1", "b2"], lastKnownElr: [] });
    crash(cluster, "b2");
    expect(cluster.state).toMatchObject({ isr: ["b1"], elr: [], lastKnownElr: ["b2"] });
    crash(cluster, "b1");
    expect(cluster.state).toMatchObject({ isr: [], elr: [], lastKnownElr: ["b1", "b2"], leader: undefined });
  });

  test("takes over from the ELR whoever comes back unclean, and only then", () => {
    const cluster = started();
    for (const broker of ["b3", "b2", "b1"]) cluster.fence(broker);
    expect(cluster.state).toMatchObject({ elr: ["b1", "b2"], lastKnownElr: [] });
    cluster.register("b2");
    expect(cluster.state).toMatchObject({ elr: ["b1"], lastKnownElr: ["b2"] });
    cluster.unfence("b2");
    expect(cluster.code(recovery(cluster, "b2"))).toBe("INVALID_REQUEST");
    cluster.unfence("b1");
    expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b1"], elr: [], lastKnownElr: ["b2"] });
  });

  test("forgets whoever is in sync again, and all once enough are", () => {
    const cluster = started(3);
    crash(cluster, "b3", "b2");
    expect(cluster.state).toMatchObject({ isr: ["b1"], lastKnownElr: ["b2", "b3"] });
    cluster.done(cluster.alter(["b1", "b2"]));
    expect(cluster.state.lastKnownElr).toEqual(["b3"]);
    cluster.fence("b2");
    expect(cluster.state).toMatchObject({ elr: ["b2"], lastKnownElr: ["b3"] });
    cluster.unfence("b2");
    cluster.done(cluster.alter(["b1", "b2", "b3"]));
    expect(cluster.state).toMatchObject({ elr: [], lastKnownElr: [] });
  });

  test("loses whom a reassignment removes", () => {
    const cluster = started(3);
    cluster.done(cluster.reassign(["b1", "b2", "b4"]));
    crash(cluster, "b3", "b2");
    expect(cluster.state).toMatchObject({ isr: ["b1"], lastKnownElr: ["b2", "b3"] });
    cluster.done(cluster.alter(["b1", "b2", "b4"]));
    expect(cluster.state).toMatchObject({ replicas: ["b1", "b2", "b4"], lastKnownElr: [] });
  });

  test("is not thinned out below the minimum by a reassignment that is undone", () => {
    const cluster = new TestCluster("b1", "b2", "b3", "b4");
    cluster.create(["b1", "b2"]);
    cluster.done(cluster.reassign(["b3", "b4"]));
    cluster.done(cluster.alter(["b1", "b3"]));
    crash(cluster, "b1", "b3");
    expect(cluster.state).toMatchObject({ isr: [], elr: [], lastKnownElr: ["b3", "b1"] });
    expect(cluster.code(cluster.reassign(undefined))).toBe("INVALID_REPLICA_ASSIGNMENT");
    cluster.done(recovery(cluster, "b3"));
    expect(cluster.state).toMatchObject({ leader: "b3", isr: ["b3"], lastKnownElr: ["b1"] });
  });

  test("an unclean election forgets nobody who may hold what was committed", () => {
    const cluster = started();
    crash(cluster, "b3");
    cluster.fence("b2");
    crash(cluster, "b1");
    expect(cluster.state).toMatchObject({ isr: [], elr: ["b2"], lastKnownElr: ["b1"] });
    cluster.done({ kind: "electLeader", partition: P0, mode: "unclean" });
    expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b1"], elr: [], lastKnownElr: ["b2"] });
  });

  test("does not keep a topic offline that allows unclean elections", () => {
    const cluster = new TestCluster("b1", "b2");
    cluster.create(["b1", "b2"], { allowsUncleanElection: true });
    cluster.register("b1");
    cluster.register("b2");
    expect(cluster.state).toMatchObject({ leader: undefined, lastKnownElr: ["b1", "b2"] });
    cluster.unfence("b2");
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2"], lastKnownElr: ["b1"] });
  });
});

describe("recovery", () => {
  const offline = (): TestCluster => {
    const cluster = started();
    crash(cluster, "b3");
    cluster.register("b2");
    cluster.register("b1");
    for (const broker of ["b1", "b2"]) cluster.unfence(broker);
    return cluster;
  };

  test("has the one lead that was chosen, in the next epoch; the others stay remembered", () => {
    const cluster = offline();
    const before = cluster.state;
    cluster.done(recovery(cluster, "b2"));
    expect(cluster.state).toEqual({
      ...before,
      leader: "b2",
      isr: ["b2"],
      lastKnownElr: ["b1"],
      leaderEpoch: before.leaderEpoch + 1,
      partitionEpoch: before.partitionEpoch + 1,
    });
    cluster.done(cluster.alter(["b1", "b2"]));
    expect(cluster.state.lastKnownElr).toEqual([]);
  });

  test("that was cut short by another crash begins again", () => {
    const cluster = offline();
    cluster.done(recovery(cluster, "b2"));
    crash(cluster, "b2");
    expect(cluster.state).toMatchObject({ leader: undefined, lastKnownElr: ["b1", "b2"] });
    cluster.done(recovery(cluster, "b1"));
    expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b1"], lastKnownElr: ["b2"] });
  });

  const member = (cluster: TestCluster, broker: string): { broker: string; epoch: number } => ({
    broker,
    epoch: cluster.epochOf(broker),
  });
  const cases: [string, string, (cluster: TestCluster) => Partial<RecoverLeader>][] = [
    [
      "an unknown partition",
      "UNKNOWN_TOPIC_OR_PARTITION",
      () => ({ partition: { topic: "no", partition: 0 } }),
    ],
    [
      "an older state",
      "INVALID_UPDATE_VERSION",
      ({ state }) => ({ partitionEpoch: state.partitionEpoch - 1 }),
    ],
    [
      "a later state",
      "INVALID_UPDATE_VERSION",
      ({ state }) => ({ partitionEpoch: state.partitionEpoch + 1 }),
    ],
    ["one who was not asked", "INVALID_REQUEST", (cluster) => ({ candidates: [member(cluster, "b2")] })],
    ["nobody asked", "INVALID_REQUEST", () => ({ candidates: [] })],
    [
      "one asked twice",
      "INVALID_REQUEST",
      (cluster) => ({ candidates: [member(cluster, "b2"), member(cluster, "b2")] }),
    ],
    [
      "one more asked",
      "INVALID_REQUEST",
      (cluster) => ({ candidates: ["b1", "b2", "b3"].map((each) => member(cluster, each)) }),
    ],
    ["a leader out of nowhere", "INVALID_REQUEST", () => ({ leader: "b3" })],
    [
      "an earlier life",
      "INELIGIBLE_REPLICA",
      (cluster) => ({ candidates: [member(cluster, "b2"), { broker: "b1", epoch: 0 }] }),
    ],
  ];

  test.each(cases)("refused: %s", (_name, code, change) => {
    const cluster = offline();
    expect(cluster.code(recovery(cluster, "b2", change(cluster)))).toBe(code);
    expect(cluster.code(recovery(cluster, "b2"))).toBe("ok");
  });

  test("refused: somebody who is fenced, or shuts down, though it is not to lead", () => {
    for (const kind of ["fence", "beginShutdown"] as const) {
      const cluster = offline();
      cluster.done({ kind, broker: "b1", epoch: cluster.epochOf("b1") });
      expect(cluster.code(recovery(cluster, "b2"))).toBe("INELIGIBLE_REPLICA");
    }
  });

  test("refused: a partition that somebody leads, or may lead", () => {
    const cluster = offline();
    cluster.done(recovery(cluster, "b2"));
    expect(cluster.code(recovery(cluster, "b1"))).toBe("INVALID_REQUEST");
    cluster.fence("b2");
    expect(cluster.state).toMatchObject({ leader: undefined, elr: ["b2"], lastKnownElr: ["b1"] });
    expect(cluster.code(recovery(cluster, "b1"))).toBe("INVALID_REQUEST");
  });
});

test("the command comes back from its bytes as it was", () => {
  const natural = fc.nat();
  const broker = fc.string();
  const command = fc.record({
    kind: fc.constant("recoverLeader" as const),
    partition: fc.record({ topic: broker, partition: natural }),
    partitionEpoch: natural,
    leader: broker,
    candidates: fc.array(fc.record({ broker, epoch: natural })),
  });
  fc.assert(
    fc.property(command, (value) => {
      expect(decodeMetadataCommand(encodeMetadataCommand(value))).toEqual(value);
    }),
    { seed: 60_968, numRuns: 100 },
  );
});
