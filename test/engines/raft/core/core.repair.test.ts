// A server that lost its state: it promises nothing until it knows what it promised before.
import { describe, expect, it } from "vitest";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { Cluster, ELECTION_US, HEARTBEAT_US, Server, initial } from "./support.js";

const THREE = makeConfiguration(["n1", "n2", "n3"]);

/** A cluster with entries, one server of which has lost all of its state. */
function damaged(): Cluster {
  const cluster = Cluster.of(3);
  cluster.elect("n1");
  for (let i = 0; i < 3; i++) cluster.propose("n1");
  cluster.settle();
  cluster.tick(HEARTBEAT_US, "n1");
  cluster.settle();
  cluster.servers.set("n3", new Server("n3", { ...initial(THREE), isRepairing: true }, cluster.nowUs));
  return cluster;
}

function beat(cluster: Cluster, times: number): void {
  for (let i = 0; i < times; i++) {
    cluster.tick(HEARTBEAT_US);
    cluster.settle();
  }
}

describe("a server under repair", () => {
  it("becomes whole again from the leader and the terms of all others", () => {
    const cluster = damaged();
    beat(cluster, 4);
    const { isRepairing, log } = cluster.core("n3").inspect();
    expect(isRepairing).toBe(false);
    expect(log).toEqual(cluster.core("n1").inspect().log);
    expect(cluster.core("n3").inspect().vote).toBe("n3");
  });

  it("counts again once it is whole, though nothing new is proposed", () => {
    const cluster = damaged();
    beat(cluster, 4);
    expect(cluster.core("n1").inspect().peers.get("n3")?.isRepairing).toBe(false);
    expect(cluster.core("n1").transferLeadership("n3", cluster.nowUs)).toBe(true);
  });

  it("is not whole before it has all that the leader had when it was asked", () => {
    const cluster = damaged();
    cluster.cut.add("n1>n3");
    beat(cluster, 1);
    cluster.cut.clear();
    // It hears everybody's term, but gets no entries.
    cluster.tick(HEARTBEAT_US, "n3");
    cluster.wire = cluster.wire.filter(({ message }) => message.kind === "repairRequest");
    for (const each of cluster.wire.splice(0)) cluster.deliver(each);
    cluster.wire = cluster.wire.filter(({ message }) => message.kind === "repairResponse");
    for (const each of cluster.wire.splice(0)) cluster.deliver(each);
    expect(cluster.core("n3").inspect().last.index).toBe(0);
    expect(cluster.core("n3").inspect().isRepairing).toBe(true);
  });

  it("counts for nothing before", () => {
    const cluster = damaged();
    cluster.isolate("n2");
    const { index } = cluster.propose("n1");
    beat(cluster, 3);
    expect(cluster.core("n3").inspect().last.index).toBe(index);
    expect(cluster.core("n1").commit).toBe(index - 1);
    expect(cluster.core("n3").inspect().isRepairing).toBe(true);
  });

  it("neither votes nor campaigns", () => {
    const cluster = damaged();
    cluster.isolate("n1");
    cluster.nowUs += 2 * ELECTION_US;
    cluster.elect("n3");
    expect(cluster.core("n3").role).toBe("follower");
    cluster.elect("n2");
    expect(cluster.core("n2").role).toBe("preCandidate");
  });

  it("takes the highest term that anybody had, and votes for nobody in it", () => {
    const cluster = damaged();
    // n2 may have asked it for a vote in term 7, and got it.
    cluster.servers.set("n2", new Server("n2", initial(THREE, [], 7), cluster.nowUs));
    beat(cluster, 20);
    const n3 = cluster.core("n3").inspect();
    expect(n3.term).toBeGreaterThanOrEqual(7);
    const votes = cluster
      .server("n3")
      .events.flatMap((event) => (event.kind === "raft/term-changed" && event.term <= 7 ? [event.vote] : []));
    expect(votes.every((vote) => vote === undefined || vote === "n3")).toBe(true);
  });
});
