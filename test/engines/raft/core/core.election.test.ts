// Elections, after sections 5.1, 5.2 and 5.4.1 of the paper, and 4.2.3, 6.2 and 9.6 of the thesis.
import { describe, expect, it } from "vitest";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { Cluster, ELECTION_US, HEARTBEAT_US, initial } from "./support.js";

const THREE = makeConfiguration(["n1", "n2", "n3"]);

describe("an election", () => {
  it("is won with a majority, and by one server", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    expect([...cluster.servers.values()].map(({ core }) => core.role)).toEqual([
      "leader",
      "follower",
      "follower",
    ]);
    expect(cluster.core("n2").leader).toBe("n1");
  });

  it("counts the candidate's own vote only once that is durable", () => {
    const cluster = Cluster.of(1);
    const server = cluster.server("n1");
    server.isDiskSlow = true;
    cluster.tick(2 * ELECTION_US);
    expect(server.core.role).toBe("candidate");
    cluster.sync("n1");
    expect(server.core.role).toBe("leader");
  });

  it("asks for votes only once its term is durable", () => {
    const cluster = Cluster.of(3);
    cluster.server("n1").isDiskSlow = true;
    cluster.elect("n1");
    expect(cluster.core("n1").role).toBe("candidate");
    expect(cluster.lines.some((line) => / vote t1/.test(line))).toBe(false);
    cluster.sync("n1");
    expect(cluster.wire.map(({ message }) => message.kind)).toContain("vote");
  });

  it("gives a vote away only once it is durable, and once a term", () => {
    const cluster = Cluster.of(3);
    cluster.nowUs = 2 * ELECTION_US;
    const voter = cluster.server("n3");
    voter.isDiskSlow = true;
    const vote = { kind: "vote", term: 1, last: { index: 0, term: 0 }, transfer: false } as const;
    cluster.deliver({ from: "n1", to: "n3", message: vote });
    cluster.deliver({ from: "n2", to: "n3", message: vote });
    cluster.deliver({ from: "n1", to: "n3", message: vote });
    expect(cluster.wire).toEqual([]);
    cluster.sync("n3");
    const answers = cluster.wire.map(({ to, message }) => [to, "granted" in message && message.granted]);
    expect(answers).toEqual([
      ["n1", true],
      ["n2", false],
      ["n1", true],
    ]);
  });

  it("is not won with a log that lacks what a voter has", () => {
    for (const [mine, theirs] of [
      [
        [1, 1],
        [1, 1, 1],
      ],
      [
        [1, 1, 1],
        [1, 2],
      ],
    ] as const) {
      const cluster = new Cluster({
        n1: initial(THREE, mine, 2),
        n2: initial(THREE, theirs, 2),
        n3: initial(THREE, theirs, 2),
      });
      cluster.elect("n1");
      expect(cluster.core("n1").role).toBe("follower");
      expect(cluster.server("n2").marks).toContain("raft/pre-vote-refused");
      cluster.elect("n2");
      expect(cluster.core("n2").role).toBe("leader");
      expect(cluster.terms("n1")).toEqual(cluster.terms("n2"));
    }
  });

  it("raises no term where it could not be won", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n3");
    for (let i = 0; i < 5; i++) cluster.elect("n3");
    expect(cluster.core("n3").term).toBe(1);
  });

  it("disturbs no leader that the voters hear of", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    const vote = { kind: "vote", term: 9, last: { index: 99, term: 8 }, transfer: false } as const;
    cluster.deliver({ from: "n3", to: "n2", message: vote });
    cluster.deliver({ from: "n3", to: "n1", message: vote });
    cluster.settle();
    expect(cluster.core("n1").role).toBe("leader");
    expect(cluster.core("n2").term).toBe(1);
  });

  it("is refused with the own term, so that who is behind learns of it", () => {
    const cluster = new Cluster({
      n1: initial(THREE, [], 1),
      n2: initial(THREE, [], 5),
      n3: initial(THREE, [], 5),
    });
    cluster.elect("n1");
    expect(cluster.core("n1").term).toBe(5);
    cluster.elect("n1");
    expect(cluster.core("n1").role).toBe("leader");
  });
});

describe("a leader", () => {
  it("steps down where no quorum answers it", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n1");
    cluster.tick(ELECTION_US, "n1");
    cluster.tick(ELECTION_US, "n1");
    expect(cluster.core("n1").role).toBe("follower");
    expect(cluster.server("n1").marks).toContain("raft/check-quorum-step-down");
  });

  it("stays while a quorum answers", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n3");
    for (let i = 0; i < 50; i++) {
      cluster.tick(HEARTBEAT_US, "n1");
      cluster.settle();
    }
    expect(cluster.core("n1").role).toBe("leader");
    expect(cluster.core("n1").term).toBe(1);
  });

  it("gives way to a later term, also where an old one is told of it by a heartbeat's answer", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n1");
    cluster.nowUs += 2 * ELECTION_US;
    cluster.elect("n2");
    expect(cluster.core("n2").role).toBe("leader");
    cluster.cut.clear();
    cluster.tick(HEARTBEAT_US, "n1");
    cluster.settle();
    expect(cluster.core("n1").role).toBe("follower");
    expect(cluster.core("n1").term).toBe(cluster.core("n2").term);
  });
});

describe("handing over", () => {
  it("makes the other the leader at once", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    expect(cluster.core("n1").transferLeadership("n2", cluster.nowUs)).toBe(true);
    expect(cluster.core("n1").propose(new Uint8Array(1))).toBe("busy");
    cluster.settle();
    expect(cluster.core("n2").role).toBe("leader");
    expect(cluster.server("n2").marks).toContain("raft/transfer-completed");
  });

  it("is given up where the other does not take over", () => {
    const cluster = Cluster.of(3);
    cluster.elect("n1");
    cluster.isolate("n2");
    cluster.core("n1").transferLeadership("n2", cluster.nowUs);
    cluster.tick(ELECTION_US, "n1");
    cluster.settle();
    expect(cluster.core("n1").role).toBe("leader");
    expect(cluster.core("n1").isTransferring).toBe(false);
    cluster.propose("n1");
  });

  it("never goes to a learner", () => {
    const configuration = makeConfiguration(["n1", "n2"], ["n3"]);
    const cluster = new Cluster({
      n1: initial(configuration),
      n2: initial(configuration),
      n3: initial(configuration),
    });
    cluster.elect("n1");
    expect(cluster.core("n1").transferLeadership("n3", cluster.nowUs)).toBe(false);
    cluster.deliver({ from: "n1", to: "n3", message: { kind: "timeoutNow", term: 1 } });
    expect(cluster.core("n3").role).toBe("follower");
  });
});
