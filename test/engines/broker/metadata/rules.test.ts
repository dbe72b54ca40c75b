import { describe, expect, test } from "vitest";
import { P0, TestCluster, CONFIG } from "./support.js";

const unclean = { allowsUncleanElection: true };

describe("registration", () => {
  test("the epoch is the offset of its record; the same life again is not two", () => {
    const cluster = new TestCluster("b1", "b2");
    const { offset } = cluster.machine.image;
    const command = { kind: "register", broker: "b3", incarnation: 77, previousEpoch: undefined } as const;
    expect(cluster.done(command)).toBe(offset);
    expect(cluster.done(command)).toBe(offset);
    expect(cluster.machine.image.offset).toBe(offset + 1);
    expect(cluster.machine.image.brokers.get("b3")).toMatchObject({ isFenced: true, isShuttingDown: false });
  });

  test("a new life ends the one before, though that is not fenced", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    const old = cluster.epochOf("b1");
    cluster.register("b1", old);
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2", "b3"], leaderEpoch: 1 });
    expect(cluster.code({ kind: "unfence", broker: "b1", epoch: old, metadataOffset: 99 })).toBe(
      "STALE_BROKER_EPOCH",
    );
  });

  test("after an unclean end it is in no ISR and no ELR, before it is unfenced (KIP-966)", () => {
    for (const wasClean of [true, false]) {
      const cluster = new TestCluster("b1", "b2");
      cluster.create(["b1", "b2"]);
      cluster.fence("b2");
      cluster.fence("b1");
      expect(cluster.state).toMatchObject({ leader: undefined, isr: [], elr: ["b1", "b2"] });
      cluster.register("b1", wasClean ? cluster.epochOf("b1") : undefined);
      expect(cluster.state.elr).toEqual(wasClean ? ["b1", "b2"] : ["b2"]);
      cluster.unfence("b1");
      expect(cluster.state.leader).toBe(wasClean ? "b1" : undefined);
    }
  });

  test("the epoch of a life before the last proves nothing", () => {
    const cluster = new TestCluster("b1", "b2");
    cluster.create(["b1", "b2"]);
    const first = cluster.epochOf("b1");
    cluster.register("b1", first);
    cluster.register("b1", first);
    expect(cluster.state).toMatchObject({ isr: ["b2"], elr: [] });
  });
});

describe("fencing", () => {
  test("the next of the replicas that is in sync leads", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    cluster.fence("b1");
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2", "b3"], elr: [], leaderEpoch: 1 });
    expect(cluster.state.partitionEpoch).toBe(1);
  });

  test("whoever leaves below the minimum stays eligible, until the minimum is there again", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    cluster.fence("b3");
    cluster.fence("b2");
    expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b1"], elr: ["b2"] });
    cluster.unfence("b3");
    cluster.done(cluster.alter(["b1", "b3"]));
    expect(cluster.state).toMatchObject({ isr: ["b1", "b3"], elr: [] });
  });

  test("the last in sync may come back, and an eligible one may lead in its place", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    for (const broker of ["b3", "b2", "b1"]) cluster.fence(broker);
    expect(cluster.state).toMatchObject({ leader: undefined, isr: [], elr: ["b1", "b2"], leaderEpoch: 1 });
    cluster.unfence("b3");
    expect(cluster.state.leader).toBe(undefined);
    cluster.unfence("b2");
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2"], elr: ["b1"], leaderEpoch: 2 });
  });

  test("an unclean leader only where the topic allows it, and it alone counts then", () => {
    for (const config of [{}, unclean]) {
      const cluster = new TestCluster("b1", "b2", "b3");
      cluster.create(["b1", "b2", "b3"], config);
      cluster.fence("b2");
      cluster.fence("b3");
      cluster.unfence("b2");
      cluster.register("b3");
      cluster.unfence("b3");
      cluster.register("b2");
      cluster.fence("b1");
      expect(cluster.state).toMatchObject(
        config === unclean
          ? { leader: "b3", isr: ["b3"], elr: [] }
          : { leader: undefined, isr: [], elr: ["b1"] },
      );
    }
  });
});

test("what a broker said before it was fenced does not unfence it, though it comes later", () => {
  const cluster = new TestCluster("b1", "b2");
  const epoch = cluster.epochOf("b1");
  const isFenced = (): boolean => cluster.machine.image.brokers.get("b1")!.isFenced;
  const seen = cluster.machine.image.offset;
  cluster.fence("b1");
  cluster.done({ kind: "unfence", broker: "b1", epoch, metadataOffset: seen });
  expect(isFenced()).toBe(true);
  cluster.done({ kind: "unfence", broker: "b1", epoch, metadataOffset: seen + 1 });
  expect(isFenced()).toBe(false);
});

describe("shutdown in order", () => {
  test("leaderships move, and it joins no ISR (KIP-841)", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    cluster.beginShutdown("b1");
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2", "b3"] });
    expect(cluster.code(cluster.alter(["b1", "b2", "b3"]))).toBe("INELIGIBLE_REPLICA");
  });

  test("it leads on where nobody could take over without a loss, until somebody can", () => {
    const cluster = new TestCluster("b1", "b2");
    cluster.create(["b1", "b2"], { ...unclean, minInsyncReplicas: 1 });
    cluster.fence("b2");
    cluster.unfence("b2");
    cluster.beginShutdown("b1");
    expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b1"] });
    cluster.done(cluster.alter(["b1", "b2"]));
    cluster.beginShutdown("b1");
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2"] });
  });
});

test("whoever shuts down leaves the ISR with its leadership, whatever takes that away", () => {
  const cluster = new TestCluster("b1", "b2");
  cluster.create(["b2", "b1"]);
  cluster.fence("b2");
  cluster.register("b2");
  cluster.unfence("b2");
  cluster.beginShutdown("b1");
  cluster.done(cluster.alter(["b1", "b2"]));
  expect(cluster.state).toMatchObject({ leader: "b1", isr: ["b2", "b1"] });
  cluster.done({ kind: "electLeader", partition: P0, mode: "preferred" });
  expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2"], elr: ["b1"] });
});

describe("AlterPartition", () => {
  const cases = [
    ["an unknown partition", { partition: { topic: "none", partition: 0 } }, "UNKNOWN_TOPIC_OR_PARTITION"],
    ["an earlier life", { brokerEpoch: 1_000 }, "STALE_BROKER_EPOCH"],
    ["an older leader epoch", { leaderEpoch: -1 }, "FENCED_LEADER_EPOCH"],
    ["a newer leader epoch", { leaderEpoch: 1 }, "INVALID_REQUEST"],
    ["an older partition epoch", { partitionEpoch: 0 }, "INVALID_UPDATE_VERSION"],
    ["a newer partition epoch", { partitionEpoch: 9 }, "INVALID_UPDATE_VERSION"],
    ["nobody in sync", { isr: [] }, "INVALID_REQUEST"],
    ["a leader that is not in sync", { isr: [{ broker: "b2", epoch: 2 }] }, "INVALID_REQUEST"],
    [
      "no replica",
      {
        isr: [
          { broker: "b1", epoch: 0 },
          { broker: "b4", epoch: 6 },
        ],
      },
      "INVALID_REQUEST",
    ],
    [
      "an earlier life of a member (KIP-903)",
      {
        isr: [
          { broker: "b1", epoch: 0 },
          { broker: "b2", epoch: 1 },
        ],
      },
      "INELIGIBLE_REPLICA",
    ],
  ] as const;

  test.each(cases)("refused: %s", (_name, change, code) => {
    const cluster = new TestCluster("b1", "b2", "b3", "b4");
    cluster.create(["b1", "b2", "b3"]);
    cluster.done(cluster.alter(["b1", "b2"]));
    expect(cluster.code(cluster.alter(["b1"], change))).toBe(code);
    expect(cluster.code(cluster.alter(["b1"]))).toBe("ok");
  });

  test("refused: who does not lead, and who is fenced", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    const asB2 = cluster.alter(["b1", "b2"], { leader: "b2", brokerEpoch: cluster.epochOf("b2") });
    expect(cluster.code(asB2)).toBe("NOT_LEADER_OR_FOLLOWER");
    cluster.fence("b3");
    expect(cluster.code(cluster.alter(["b1", "b2", "b3"]))).toBe("INELIGIBLE_REPLICA");
  });

  test("what is in force is granted again, and changes nothing", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2", "b3"]);
    const command = cluster.alter(["b1", "b2"]);
    cluster.done(command);
    const { state } = cluster;
    cluster.done(command);
    expect(cluster.state).toBe(state);
    cluster.done(cluster.alter(["b1"]));
    expect(cluster.code(command)).toBe("INVALID_UPDATE_VERSION");
  });
});

describe("elections that somebody asks for", () => {
  const preferred = { kind: "electLeader", partition: P0, mode: "preferred" } as const;

  test("the preferred replica, once it is in sync", () => {
    const cluster = new TestCluster("b1", "b2");
    cluster.create(["b1", "b2"]);
    cluster.fence("b1");
    cluster.unfence("b1");
    expect(cluster.code(preferred)).toBe("ELIGIBLE_LEADERS_NOT_AVAILABLE");
    cluster.done(cluster.alter(["b1", "b2"]));
    cluster.done(preferred);
    expect(cluster.state).toMatchObject({ leader: "b1", leaderEpoch: 2, isr: ["b1", "b2"] });
  });

  test("unclean: where nobody leads, and somebody is alive", () => {
    const cluster = new TestCluster("b1", "b2");
    cluster.create(["b1", "b2"]);
    const command = { kind: "electLeader", partition: P0, mode: "unclean" } as const;
    cluster.done(command);
    expect(cluster.state.leader).toBe("b1");
    cluster.register("b1");
    cluster.register("b2");
    expect(cluster.state).toMatchObject({ leader: undefined, isr: [], elr: [] });
    expect(cluster.code(command)).toBe("ELIGIBLE_LEADERS_NOT_AVAILABLE");
    cluster.unfence("b2");
    cluster.done(command);
    expect(cluster.state).toMatchObject({ leader: "b2", isr: ["b2"] });
  });
});

describe("reassignment", () => {
  const started = (): TestCluster => {
    const cluster = new TestCluster("b1", "b2", "b3", "b4");
    cluster.create(["b1", "b2"]);
    cluster.done(cluster.reassign(["b3", "b4"]));
    return cluster;
  };

  test("ends once all of the targets are in sync, in the same command (KAFKA-15665)", () => {
    const cluster = started();
    expect(cluster.state).toMatchObject({
      replicas: ["b3", "b4", "b1", "b2"],
      adding: ["b3", "b4"],
      removing: ["b1", "b2"],
      leader: "b1",
      leaderEpoch: 0,
    });
    cluster.done(cluster.alter(["b1", "b2", "b3"]));
    expect(cluster.state.adding).toEqual(["b3", "b4"]);
    cluster.done(cluster.alter(["b1", "b3", "b4"]));
    expect(cluster.state).toMatchObject({
      replicas: ["b3", "b4"],
      adding: [],
      removing: [],
      isr: ["b3", "b4"],
      leader: "b3",
      leaderEpoch: 1,
    });
  });

  test("is undone, unless too few of those that stay are in sync", () => {
    const cluster = started();
    cluster.done(cluster.alter(["b1", "b2", "b3"]));
    cluster.done(cluster.alter(["b1", "b3"]));
    expect(cluster.code(cluster.reassign(undefined))).toBe("INVALID_REPLICA_ASSIGNMENT");
    cluster.done(cluster.alter(["b1", "b2", "b3"]));
    cluster.done(cluster.reassign(undefined));
    expect(cluster.state).toMatchObject({ replicas: ["b1", "b2"], adding: [], removing: [], leader: "b1" });
    expect(cluster.code(cluster.reassign(undefined))).toBe("NO_REASSIGNMENT_IN_PROGRESS");
  });

  test("is not undone while the only ones that hold everything would go", () => {
    const cluster = started();
    cluster.done(cluster.alter(["b1", "b3"]));
    cluster.fence("b1");
    cluster.fence("b3");
    expect(cluster.state).toMatchObject({ isr: [], elr: ["b3", "b1"] });
    expect(cluster.code(cluster.reassign(undefined))).toBe("INVALID_REPLICA_ASSIGNMENT");
  });

  test("another target keeps whom both add", () => {
    const cluster = started();
    cluster.done(cluster.alter(["b1", "b2", "b3"]));
    cluster.done(cluster.reassign(["b2", "b3"]));
    expect(cluster.state).toMatchObject({
      replicas: ["b2", "b3"],
      adding: [],
      removing: [],
      isr: ["b2", "b3"],
      leader: "b2",
    });
  });

  test("ends with whatever brings the last target in sync, also an election", () => {
    const cluster = new TestCluster("b1", "b2", "b3");
    cluster.create(["b1", "b2"], unclean);
    cluster.done(cluster.reassign(["b3"]));
    cluster.fence("b2");
    cluster.fence("b1");
    expect(cluster.state).toMatchObject({
      replicas: ["b3"],
      adding: [],
      removing: [],
      isr: ["b3"],
      leader: "b3",
    });
  });

  test("refused: nobody, somebody twice, somebody unknown", () => {
    const cluster = started();
    for (const replicas of [[], ["b1", "b1"], ["b9"]]) {
      expect(cluster.code(cluster.reassign(replicas))).toBe("INVALID_REPLICA_ASSIGNMENT");
    }
  });
});

describe("topics and producers", () => {
  test("a topic is refused whole", () => {
    const cluster = new TestCluster("b1", "b2");
    const create = { kind: "createTopic", topic: "a", config: CONFIG } as const;
    expect(cluster.code({ ...create, assignments: [["b1", "b2"], ["b1"]] })).toBe(
      "INVALID_REPLICA_ASSIGNMENT",
    );
    expect(cluster.code({ ...create, assignments: [["b1", "b3"]] })).toBe("INVALID_REPLICA_ASSIGNMENT");
    expect(cluster.code({ ...create, assignments: [] })).toBe("INVALID_REQUEST");
    expect(cluster.code({ ...create, topic: "..", assignments: [["b1"]] })).toBe("INVALID_REQUEST");
    expect(cluster.code({ ...create, config: { ...CONFIG, segmentBytes: 0 }, assignments: [["b1"]] })).toBe(
      "INVALID_REQUEST",
    );
    cluster.fence("b2");
    cluster.done({ ...create, assignments: [["b2", "b1"]] });
    expect(cluster.machine.image.partitions.get("a-0")?.state).toMatchObject({ leader: "b1", isr: ["b1"] });
    expect(cluster.code({ ...create, assignments: [["b1"]] })).toBe("TOPIC_ALREADY_EXISTS");
    cluster.fence("b1");
    expect(cluster.code({ ...create, topic: "b", assignments: [["b1"]] })).toBe("INVALID_REPLICA_ASSIGNMENT");
  });

  test("no producer id is given twice", () => {
    const cluster = new TestCluster("b1");
    const command = {
      kind: "allocateProducerIds",
      broker: "b1",
      epoch: cluster.epochOf("b1"),
      count: 10,
    } as const;
    expect(cluster.done(command)).toBe(0);
    expect(cluster.done(command)).toBe(10);
    expect(cluster.code({ ...command, count: 0 })).toBe("INVALID_REQUEST");
    expect(cluster.code({ ...command, epoch: 9 })).toBe("STALE_BROKER_EPOCH");
  });
});
