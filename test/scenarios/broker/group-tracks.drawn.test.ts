// Groups and transactions over time: what the page shows of generations, owners, commits, and of how transactions end.
import { describe, expect, it } from "vitest";
import { ASSIGNMENT } from "#engines/broker/client/group/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { GroupMemberSeen } from "#engines/broker/group/index.js";
import { groupTracks } from "#scenarios/broker/group-tracks.js";
import { BROKER_NARRATION } from "#scenarios/broker/narration.js";
import { transactionTracks } from "#scenarios/broker/transaction-tracks.js";
import type { TrackName, TrackPen, TrackWatch } from "#sim/tracks.js";
import { penOfLines } from "./pen.js";

type Told = readonly [event: BrokerEvent, node: string, life?: number];

/** What is drawn of the last event, after those before. */
function linesOf(tracks: (pen: TrackPen) => TrackWatch, ...events: readonly Told[]): string[] {
  const { lines, pen } = penOfLines();
  const watch = tracks(pen);
  for (const [event, node, life = 1] of events) {
    lines.length = 0;
    watch(event, node, life);
  }
  return lines;
}

const OF = { group: "g1" };

function seen(node: string, ...partitions: number[]): GroupMemberSeen {
  const assignment = ASSIGNMENT.encode({
    partitions: partitions.map((partition) => ({ topic: "t", partition })),
    basis: [],
  });
  return { memberId: `${node}-id`, instanceId: undefined, client: node, assignment };
}

function generation(number: number, ...members: GroupMemberSeen[]): Told {
  const named = { generation: number, protocol: "range", leaderId: members[0]?.memberId, members };
  return [{ kind: "group/generation", ...OF, ...named }, "b2"];
}

function member(
  what: "assigned" | "revoked" | "lost",
  node: string,
  number: number,
  ...partitions: string[]
): Told {
  const by = { memberId: `${node}-id`, instanceId: undefined, generation: number };
  return [{ kind: `consumer/${what}`, ...OF, ...by, partitions }, node];
}

function committed(node: string, number: number, offset: number): Told {
  const by = { memberId: `${node}-id`, generation: number, producerId: undefined };
  return [{ kind: "group/offset-committed", ...OF, partition: "t-0", offset, ...by }, "b2"];
}

function groupLines(...events: readonly Told[]): string[] {
  return linesOf(groupTracks, ...events);
}

const ONE: Told = generation(1, seen("m1", 0));
const BOTH: readonly Told[] = [ONE, member("assigned", "m1", 1, "t-0")];

/** A coordinator that assigns has come to that. */
function target(number: number, ...members: GroupMemberSeen[]): Told {
  const named = { generation: number, protocol: "uniform", leaderId: undefined, members };
  return [{ kind: "group/generation", ...OF, ...named }, "b2"];
}

/** It has that of a member. */
function seat(node: string, memberEpoch: number, partitions: string[], revoking: string[] = []): Told {
  const by = { memberId: `${node}-id`, instanceId: undefined, client: node };
  const state = revoking.length > 0 ? "unrevoked" : "stable";
  return [{ kind: "group/member-epoch", ...OF, ...by, memberEpoch, partitions, revoking, state }, "b2"];
}

describe("the tracks of a group whose coordinator assigns", () => {
  const moved = [
    target(1, seen("m1", 0)),
    seat("m1", 1, ["t-0"]),
    member("assigned", "m1", 1, "t-0"),
    target(3, seen("m1"), seen("m2", 0)),
  ] as const;

  it("say for whom a partition is, and who has it still", () => {
    expect(groupLines(...moved)).toEqual([
      "t-0 is for m2, generation 3; m1 has it still [m2, faint]",
      "generation is generation 3 uniform reconciling, at b2 [b2, faint]",
    ]);
    const asked = [...moved, seat("m1", 2, [], ["t-0"])];
    expect(groupLines(...asked)).toEqual(["t-0 ▼ m1 is to give it up"]);
    const given = [...asked, member("revoked", "m1", 1, "t-0"), seat("m1", 3, []), seat("m2", 3, ["t-0"])];
    expect(groupLines(...given, member("assigned", "m2", 3, "t-0"))).toEqual([
      "t-0 is m2, generation 3 [m2]",
    ]);
    expect(groupLines(...asked, member("assigned", "m2", 3, "t-0"))).toEqual([
      "t-0 ✗ m2 begins, m1 has it still",
      "t-0 is m2, generation 3; m1 has it still [m2, faint]",
    ]);
  });

  it("mark the commit of who has it no more, by whatever epoch", () => {
    expect(groupLines(...moved, committed("m1", 1, 4))).toEqual(["t-0 committed 4"]);
    expect(groupLines(...moved, seat("m1", 3, []), committed("m1", 1, 4))).toEqual([
      "t-0 committed 4",
      "t-0 ✗ m1 commits 4 by generation 1",
    ]);
  });
});

describe("the tracks of a group", () => {
  it("say which generation is in which state, and at whom", () => {
    const state = (name: "preparing" | "stable"): Told => [
      { kind: "group/state", ...OF, state: name, generation: 1, members: ["m1-id"] },
      "b2",
    ];
    expect(groupLines(ONE, state("stable"))).toEqual(["generation is generation 1 range stable, at b2 [b2]"]);
    expect(groupLines(ONE, state("preparing"))).toEqual([
      "generation is generation 1 range preparing, at b2 [b2, faint]",
    ]);
  });

  it("go on where another coordinator has loaded the group", () => {
    const loaded = { group: "g1", generation: 4, protocol: "range", leaderId: "m1-id" };
    const lines = groupLines(ONE, [
      { kind: "group/loaded", shard: 0, epoch: 3, groups: [{ ...loaded, members: [seen("m2", 0)] }] },
      "b3",
    ]);
    expect(lines).toEqual([
      "t-0 is for m2, generation 4 [m2, faint]",
      "generation is generation 4 range stable, at b3 [b3]",
    ]);
  });

  it("have a partition for a member, in full from when that one has it", () => {
    expect(groupLines(ONE)).toContain("t-0 is for m1, generation 1 [m1, faint]");
    expect(groupLines(...BOTH)).toEqual(["t-0 is m1, generation 1 [m1]"]);
  });

  it("show that it is nobody's between revocation and assignment", () => {
    expect(groupLines(...BOTH, member("revoked", "m1", 1, "t-0"))).toEqual(["t-0 is nobody"]);
    const lost = groupLines(...BOTH, member("lost", "m1", 1, "t-0"));
    expect(lost).toEqual(["t-0 ▼ m1 lost it", "t-0 is nobody"]);
  });

  it("show who has not let go, and where another one of the same generation begins", () => {
    const second = generation(2, seen("m1"), seen("m2", 0));
    const faint = "t-0 is for m2, generation 2; m1 has it still [m2, faint]";
    expect(groupLines(...BOTH, second)).toEqual([faint]);
    const begun = "t-0 is m2, generation 2; m1 has it still [m2, faint]";
    const begins = member("assigned", "m2", 2, "t-0");
    expect(groupLines(...BOTH, second, begins)).toEqual(["t-0 ✗ m2 begins, m1 has it still", begun]);
    // Who was put out does not know, and may not be waited for.
    expect(groupLines(...BOTH, generation(2, seen("m2", 0)), begins)).toEqual([begun]);
    expect(groupLines(...BOTH, second, member("revoked", "m1", 2, "t-0"), begins)).toEqual([
      "t-0 is m2, generation 2 [m2]",
    ]);
  });

  it("take nothing for a member's that had it in another life", () => {
    const flushed: BrokerEvent = { kind: "broker/flushed", partition: "u-0", recoveryPoint: 0 };
    expect(groupLines(...BOTH, [flushed, "m1", 2])).toEqual(["t-0 is for m1, generation 1 [m1, faint]"]);
  });

  it("set commits against the end of the log, as its leader of now has it", () => {
    const state = { replicas: [], adding: [], removing: [], isr: [], elr: [], lastKnownElr: [] };
    const leads = (epoch: number, node: string): Told => {
      const whole = { ...state, leader: node, leaderEpoch: epoch, partitionEpoch: 0 };
      return [{ kind: "broker/became-leader", partition: "t-0", epoch, startOffset: 5, state: whole }, node];
    };
    const appends = (logEndOffset: number, node: string): Told => {
      return [{ kind: "broker/appended", partition: "t-0", asLeader: true, batches: [], logEndOffset }, node];
    };
    expect(groupLines(leads(0, "b1"), ONE)).toContain("t-0 log end 5");
    expect(groupLines(ONE, leads(0, "b1"), appends(9, "b1"))).toEqual(["t-0 log end 9"]);
    expect(groupLines(ONE, leads(1, "b2"), leads(0, "b1"), appends(9, "b1"))).toEqual([]);
    expect(groupLines(ONE, committed("m1", 1, 7))).toEqual(["t-0 committed 7"]);
    const expired: Told = [{ kind: "group/offset-expired", ...OF, partition: "t-0" }, "b2"];
    expect(groupLines(ONE, committed("m1", 1, 7), expired)).toEqual([
      "t-0 committed none",
      "t-0 ▼ offset expired",
    ]);
  });

  it("mark who is out, and a commit by a generation that is over", () => {
    const left = { ...OF, memberId: "m1-id", generation: 1, reason: "session-timeout" } as const;
    expect(groupLines(ONE, [{ kind: "group/member-left", ...left }, "b2"])).toEqual([
      "generation ▼ m1 out: session-timeout",
    ]);
    expect(groupLines(ONE, generation(2, seen("m2", 0)), committed("m1", 1, 7))).toEqual([
      "t-0 committed 7",
      "t-0 ✗ m1 commits 7 by generation 1",
    ]);
  });
});

describe("the track of a transactional id", () => {
  const AT = { kind: "transaction/state", transactionalId: "t1", producerId: 7, epoch: 3 } as const;
  const ongoing: Told = [{ ...AT, state: "ongoing", partitions: ["t-0"] }, "b1"];

  it("has its transactions as bands, pale when they are over", () => {
    const lines = (state: "complete-abort" | "ongoing" | "prepare-commit"): string[] =>
      linesOf(transactionTracks, [{ ...AT, state, partitions: ["t-0"] }, "b1"]);
    expect(lines("ongoing")).toEqual(["transaction is epoch 3 ongoing, producer 7, over t-0 [ongoing]"]);
    expect(lines("prepare-commit").join()).toMatch(/\[committed\]$/);
    expect(lines("complete-abort").join()).toMatch(/\[aborted, faint\]$/);
  });

  it("has the markers of its producers, and no others", () => {
    const marker = (producerId: number): Told => {
      const rest = { producerEpoch: 4, isCommit: false, offset: 9 };
      return [{ kind: "broker/marker", partition: "t-0", producerId, ...rest }, "b3"];
    };
    expect(linesOf(transactionTracks, ongoing, marker(7))).toEqual(["transaction ▼ aborts t-0, epoch 4"]);
    expect(linesOf(transactionTracks, ongoing, marker(8))).toEqual([]);
  });
});

describe("a broker scenario", () => {
  it("draws groups and transactions before partitions, and partitions alone where there are none", () => {
    const groups = new Map<string, boolean>();
    const note = ({ group, isFirst = false }: TrackName): void => void groups.set(group, isFirst);
    const watch = BROKER_NARRATION.tracks!({ span: note, level: note, mark: note });
    const removed: BrokerEvent = { kind: "broker/log-removed", partition: "t-0" };
    watch(removed, "b1", 1);
    expect([...groups]).toEqual([["t-0", false]]);
    const [complete] = ONE;
    watch(complete, "b2", 1);
    const state = { state: "ongoing", producerId: 7, epoch: 0, partitions: [] } as const;
    const begun: BrokerEvent = { kind: "transaction/state", transactionalId: "t1", ...state };
    watch(begun, "b1", 1);
    expect([...groups]).toEqual([
      ["t-0", false],
      ["g1", true],
      ["t1", true],
    ]);
  });
});
