// Changes of membership, after section 6 of the paper and chapter 4 of the thesis.
import { describe, expect, it } from "vitest";
import { EMPTY_CONFIGURATION, makeConfiguration } from "#engines/raft/configuration.js";
import type { MembershipTarget } from "#engines/raft/core/index.js";
import { Cluster, ELECTION_US, HEARTBEAT_US, initial } from "./support.js";

const THREE = makeConfiguration(["n1", "n2", "n3"]);

function withStrangers(...strangers: string[]): Cluster {
  const old = Object.fromEntries(THREE.voters.map((id) => [id, initial(THREE)]));
  const fresh = Object.fromEntries(strangers.map((id) => [id, initial(EMPTY_CONFIGURATION)]));
  const cluster = new Cluster({ ...old, ...fresh });
  cluster.elect("n1");
  return cluster;
}

function reach(cluster: Cluster, leader: string, target: MembershipTarget): void {
  for (let step = 0; step < 20; step++) {
    if (cluster.core(leader).stepTowards(target) === "done") return;
    cluster.settle();
    cluster.tick(HEARTBEAT_US, leader);
    cluster.settle();
  }
  throw new Error("the change did not end");
}

describe("a change", () => {
  it("lets new voters learn first, and passes through a joint configuration", () => {
    const cluster = withStrangers("n4", "n5");
    reach(cluster, "n1", { voters: ["n1", "n4", "n5"], learners: [] });
    const seen = cluster
      .server("n4")
      .events.flatMap((event) => (event.kind === "raft/configured" ? [event.configuration] : []));
    expect(seen).toEqual([
      { voters: ["n1", "n2", "n3"], outgoing: [], learners: ["n4", "n5"] },
      { voters: ["n1", "n4", "n5"], outgoing: ["n1", "n2", "n3"], learners: [] },
      { voters: ["n1", "n4", "n5"], outgoing: [], learners: [] },
    ]);
    expect(cluster.core("n4").commit).toBe(cluster.core("n1").commit);
  });

  it("commits in a joint configuration with a majority of each half", () => {
    const cluster = withStrangers("n4", "n5");
    reach(cluster, "n1", { voters: ["n1", "n2", "n3"], learners: ["n4", "n5"] });
    for (const id of ["n2", "n3"]) cluster.isolate(id);
    expect(cluster.core("n1").stepTowards({ voters: ["n1", "n4", "n5"], learners: [] })).toMatchObject({});
    const before = cluster.core("n1").commit;
    cluster.settle();
    // n1, n4 and n5 have it: a majority of the new voters, but not of the old.
    expect(cluster.core("n4").inspect().configuration.outgoing).toEqual(["n1", "n2", "n3"]);
    expect(cluster.core("n1").commit).toBe(before);
    cluster.cut.clear();
    cluster.tick(HEARTBEAT_US, "n1");
    cluster.settle();
    expect(cluster.core("n1").inspect().configuration).toEqual(makeConfiguration(["n1", "n4", "n5"]));
  });

  it("waits until the one before is committed, and until the leader's term has begun", () => {
    const cluster = withStrangers();
    cluster.isolate("n1");
    expect(cluster.core("n1").stepTowards({ voters: ["n1", "n2"], learners: [] })).toMatchObject({});
    expect(cluster.core("n1").stepTowards({ voters: ["n1", "n3"], learners: [] })).toBe("wait");
    const fresh = Cluster.of(3);
    fresh.tick(2 * ELECTION_US, "n1");
    while (fresh.core("n1").role !== "leader") fresh.deliver(fresh.wire.shift()!);
    expect(fresh.core("n1").stepTowards({ voters: ["n1", "n2"], learners: [] })).toBe("wait");
  });

  it("that is cut off the log is rolled back", () => {
    const cluster = withStrangers();
    cluster.isolate("n1");
    cluster.core("n1").stepTowards({ voters: ["n1", "n2"], learners: [] });
    cluster.settle();
    expect(cluster.core("n1").configuration.outgoing).toEqual(["n1", "n2", "n3"]);
    cluster.nowUs += 2 * ELECTION_US;
    cluster.elect("n2");
    cluster.cut.clear();
    cluster.tick(HEARTBEAT_US, "n2");
    cluster.settle();
    cluster.tick(HEARTBEAT_US, "n2");
    cluster.settle();
    expect(cluster.core("n1").configuration).toEqual(THREE);
    expect(cluster.server("n1").marks).toContain("raft/configuration-rolled-back");
  });

  it("that leaves a server out lets it campaign until it is committed (thesis, 4.2.2)", () => {
    const cluster = withStrangers();
    // n1 leads and removes itself; the last step of that reaches nobody.
    cluster.core("n1").stepTowards({ voters: ["n2", "n3"], learners: [] });
    cluster.drain("n1");
    for (const each of cluster.wire.splice(0)) cluster.deliver(each);
    const answers = cluster.wire.splice(0);
    cluster.isolate("n1");
    for (const each of answers) cluster.deliver(each);
    expect(cluster.core("n1").configuration).toEqual(makeConfiguration(["n2", "n3"]));
    cluster.tick(ELECTION_US, "n1");
    cluster.tick(ELECTION_US, "n1");
    expect(cluster.core("n1").role).toBe("follower");
    cluster.cut.clear();
    cluster.isolate("n3");
    // n2 can't do without n1 in the joint configuration, and n1's log is longer.
    cluster.elect("n2");
    expect(cluster.core("n2").role).not.toBe("leader");
    cluster.cut.clear();
    cluster.nowUs += 2 * ELECTION_US;
    cluster.elect("n1");
    expect(cluster.core("n2").configuration).toEqual(makeConfiguration(["n2", "n3"]));
    expect(cluster.core("n1").commit).toBe(cluster.core("n1").inspect().last.index);
    expect(cluster.core("n1").role).toBe("follower");
  });

  it("may remove the leader, which leads until it is committed", () => {
    const cluster = withStrangers();
    const step = cluster.core("n1").stepTowards({ voters: ["n2", "n3"], learners: [] });
    expect(step).toMatchObject({ index: 2 });
    cluster.settle();
    expect(cluster.core("n1").role).toBe("follower");
    expect(cluster.server("n1").marks).toContain("raft/leader-removed-itself");
    cluster.elect("n1");
    expect(cluster.core("n1").role).toBe("follower");
    cluster.elect("n2");
    expect(cluster.core("n2").role).toBe("leader");
    expect(cluster.core("n2").configuration).toEqual(makeConfiguration(["n2", "n3"]));
  });
});

describe("a learner", () => {
  it("receives the log and counts for nothing", () => {
    const cluster = withStrangers("n4");
    reach(cluster, "n1", { voters: ["n1", "n2", "n3"], learners: ["n4"] });
    for (const id of ["n2", "n3"]) cluster.isolate(id);
    const { index } = cluster.propose("n1");
    cluster.settle();
    expect(cluster.core("n4").inspect().last.index).toBe(index);
    expect(cluster.core("n1").commit).toBe(index - 1);
    cluster.core("n1").requestRead(1, cluster.nowUs);
    cluster.settle();
    expect(cluster.server("n1").reads).toEqual([]);
  });
});
