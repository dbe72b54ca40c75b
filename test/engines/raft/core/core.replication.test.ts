// Replication and commitment, after sections 5.3 and 5.4.2 of the paper.
import { describe, expect, it } from "vitest";
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { AppendMessage } from "#engines/raft/types.js";
import { Cluster, ELECTION_US, HEARTBEAT_US, entry, initial } from "./support.js";

const THREE = makeConfiguration(["n1", "n2", "n3"]);

function append(term: number, previous: [number, number], terms: number[], commit: number): AppendMessage {
  const entries = terms.map((each, i) => entry(previous[0] + 1 + i, each));
  return {
    kind: "append",
    term,
    previous: { index: previous[0], term: previous[1] },
    entries,
    commit,
    round: 1,
  };
}

describe("commitment", () => {
  it("needs a quorum of durable copies, the leader's own among them or not", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.server("n1").isDiskSlow = true;
    cluster.isolate("n3");
    const { index } = cluster.propose("n1");
    cluster.settle();
    expect(cluster.core("n1").commit).toBe(index - 1);
    cluster.sync("n1");
    expect(cluster.core("n1").commit).toBe(index);
  });

  it("is not applied before it is durable here", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.server("n1").isDiskSlow = true;
    const { index } = cluster.propose("n1");
    cluster.settle();
    expect(cluster.core("n1").commit).toBe(index);
    expect(cluster.core("n1").applied).toBe(index - 1);
    cluster.sync("n1");
    expect(cluster.core("n1").applied).toBe(index);
  });

  it("counts copies of its own term only (figure 8)", () => {
    const cluster = new Cluster({
      n1: initial(THREE, [1, 2], 3),
      n2: initial(THREE, [1], 3),
      n3: initial(THREE, [1], 3),
    });
    cluster.isolate("n2");
    cluster.tick(2 * ELECTION_US, "n1");
    while (cluster.core("n1").role !== "leader") cluster.deliver(cluster.wire.shift()!);
    cluster.wire = [];
    const has = (index: number): void =>
      cluster.deliver({
        from: "n3",
        to: "n1",
        message: {
          kind: "appendResponse",
          term: 4,
          accepted: true,
          index,
          hint: { index, term: 0 },
          round: 0,
          isRepairing: false,
          applied: 0,
        },
      });
    has(2);
    // A majority holds entry 2, but another server could still be elected that lacks it.
    expect(cluster.core("n1").commit).toBe(0);
    has(3);
    expect(cluster.core("n1").commit).toBe(3);
  });

  it("reaches a follower only as far as it was shown to match", () => {
    const cluster = new Cluster({ n1: initial(THREE), n2: initial(THREE, [1, 1, 1], 1), n3: initial(THREE) });
    // The leader of term 2 has [1]; what the follower has above is not the leader's.
    cluster.deliver({ from: "n1", to: "n2", message: append(2, [1, 1], [], 3) });
    expect(cluster.core("n2").commit).toBe(1);
  });
});

describe("a follower", () => {
  it("cuts only what conflicts, and not for a message that is old", () => {
    const cluster = Cluster.of(3);
    cluster.deliver({ from: "n1", to: "n2", message: append(1, [0, 0], [1, 1, 1, 1], 0) });
    cluster.deliver({ from: "n1", to: "n2", message: append(1, [0, 0], [1, 1], 0) });
    expect(cluster.terms("n2")).toEqual([1, 1, 1, 1]);
    cluster.deliver({ from: "n3", to: "n2", message: append(2, [2, 1], [2], 0) });
    expect(cluster.terms("n2")).toEqual([1, 1, 2]);
    expect(cluster.server("n2").marks).toContain("raft/conflict-truncated");
  });

  it("acknowledges nothing that is not durable", () => {
    const cluster = Cluster.of(3);
    cluster.server("n2").isDiskSlow = true;
    cluster.deliver({ from: "n1", to: "n2", message: append(1, [0, 0], [1], 0) });
    // The same again: there is nothing new to write, but the first is still being written.
    cluster.deliver({ from: "n1", to: "n2", message: append(1, [0, 0], [1], 0) });
    expect(cluster.wire).toEqual([]);
    cluster.sync("n2");
    expect(cluster.wire.map(({ message }) => message.kind)).toEqual(["appendResponse", "appendResponse"]);
  });

  it("takes a late write for durable only where it was not cut since", () => {
    const cluster = Cluster.of(3);
    const server = cluster.server("n2");
    server.isDiskSlow = true;
    // The same entry is written, cut for another, and written again, all during one slow sync.
    cluster.deliver({ from: "n1", to: "n2", message: append(2, [0, 0], [2], 0) });
    cluster.deliver({ from: "n3", to: "n2", message: append(3, [0, 0], [3], 0) });
    cluster.deliver({ from: "n1", to: "n2", message: append(4, [0, 0], [2], 0) });
    expect(server.persisting.length).toBe(3);
    server.core.persisted(server.persisting[0]!);
    expect(server.core.inspect().stable).toBe(0);
    cluster.sync("n2");
    expect(server.core.inspect().stable).toBe(1);
  });

  it("refuses to have lost what it acknowledged", () => {
    const cluster = Cluster.of(3);
    expect(() =>
      cluster.deliver({
        from: "n1",
        to: "n2",
        message: { kind: "heartbeat", term: 1, commit: 5, round: 1 },
      }),
    ).toThrow(expect.objectContaining({ code: "RAFT_LOG_LOST" }));
  });
});

describe("a leader", () => {
  it("finds a lost append by the next heartbeat's answer", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.cut.add("n1>n2");
    const { index } = cluster.propose("n1");
    cluster.settle();
    cluster.cut.clear();
    cluster.tick(HEARTBEAT_US, "n1");
    cluster.settle();
    expect(cluster.core("n2").inspect().last.index).toBe(index);
  });

  it("has no more in flight than it may", () => {
    const cluster = Cluster.of(2);
    cluster.elect("n1");
    cluster.wire = [];
    for (let i = 0; i < 10; i++) {
      cluster.propose("n1");
      cluster.drain("n1");
    }
    expect(cluster.wire.length).toBe(4);
  });

  it("takes the answers in any order: what was matched stays so", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    for (let i = 0; i < 3; i++) {
      cluster.propose("n1");
      cluster.drain("n1");
    }
    const toN2 = cluster.wire.filter(({ to }) => to === "n2");
    cluster.wire = [];
    for (const each of toN2) cluster.deliver(each);
    const answers = cluster.wire.toReversed();
    cluster.wire = [];
    for (const each of answers) cluster.deliver(each);
    expect(cluster.core("n1").inspect().peers.get("n2")?.match).toBe(4);
  });
});

describe("reads", () => {
  it("wait for a round that began after them", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.tick(HEARTBEAT_US, "n1");
    const before = cluster.wire;
    cluster.wire = [];
    cluster.core("n1").requestRead(7, cluster.nowUs);
    cluster.drain("n1");
    const after = cluster.wire;
    cluster.wire = [];
    for (const each of before) cluster.deliver(each);
    cluster.settle();
    expect(cluster.server("n1").reads).toEqual([]);
    for (const each of after) cluster.deliver(each);
    cluster.settle();
    expect(cluster.server("n1").reads).toEqual([{ id: 7, isGranted: true, index: 1 }]);
  });

  it("are refused where the leader steps down", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n1");
    cluster.core("n1").requestRead(7, cluster.nowUs);
    cluster.tick(ELECTION_US, "n1");
    cluster.tick(ELECTION_US, "n1");
    expect(cluster.server("n1").reads).toEqual([{ id: 7, isGranted: false, index: 0 }]);
  });

  it("hold a lease from the beginning of an answered round on", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    const begunUs = cluster.nowUs + HEARTBEAT_US;
    cluster.tick(HEARTBEAT_US, "n1");
    cluster.nowUs += 5_000;
    cluster.settle();
    expect(cluster.core("n1").holdsLease(begunUs + 89_999)).toBe(true);
    expect(cluster.core("n1").holdsLease(begunUs + 90_000)).toBe(false);
  });

  it("hold no lease once somebody was told to take over", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.tick(HEARTBEAT_US, "n1");
    cluster.settle();
    expect(cluster.core("n1").holdsLease(cluster.nowUs)).toBe(true);
    cluster.core("n1").transferLeadership("n2", cluster.nowUs);
    expect(cluster.core("n1").holdsLease(cluster.nowUs)).toBe(false);
  });
});
