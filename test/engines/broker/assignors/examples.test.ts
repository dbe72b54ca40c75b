// What Kafka's documentation says of its assignors, example by example.
import { describe, expect, test } from "vitest";
import type { GroupMember } from "#engines/broker/assignors/index.js";
import { assignor, member, next, shown } from "./support.js";

const counts = (...list: readonly number[]): Map<string, number> =>
  new Map(list.map((count, index) => [`t${index}`, count]));

const all = (memberIds: string, topics: string): GroupMember[] =>
  memberIds.split(" ").map((memberId) => member(memberId, topics));

const staggered: readonly GroupMember[] = [
  member("C0", "t0"),
  member("C1", "t0 t1"),
  member("C2", "t0 t1 t2"),
];

describe("RangeAssignor's documentation", () => {
  test("two consumers, two topics of three partitions", () => {
    const given = assignor("range").assign(all("C0 C1", "t0 t1"), counts(3, 3));
    expect(shown(given)).toEqual({ C0: "t0p0 t0p1 t1p0 t1p1", C1: "t0p2 t1p2" });
  });

  test("with new member ids after a restart, everything is shuffled", () => {
    // C0 has become C3, C1 C2.
    const given = assignor("range").assign(all("C3 C2", "t0 t1"), counts(3, 3));
    expect(shown(given)).toEqual({ C3: "t0p2 t1p2", C2: "t0p0 t0p1 t1p0 t1p1" });
  });

  test("static members are given the same as before (KIP-345)", () => {
    const members = [member("C3", "t0 t1", "", -1, "I0"), member("C2", "t0 t1", "", -1, "I1")];
    const given = assignor("range").assign(members, counts(3, 3));
    expect(shown(given)).toEqual({ C3: "t0p0 t0p1 t1p0 t1p1", C2: "t0p2 t1p2" });
  });
});

describe("RoundRobinAssignor's documentation", () => {
  test("two consumers, two topics of three partitions", () => {
    const given = assignor("round-robin").assign(all("C0 C1", "t0 t1"), counts(3, 3));
    expect(shown(given)).toEqual({ C0: "t0p0 t0p2 t1p1", C1: "t0p1 t1p0 t1p2" });
  });

  test("consumers that subscribe to different topics", () => {
    const given = assignor("round-robin").assign(staggered, counts(1, 2, 3));
    expect(shown(given)).toEqual({ C0: "t0p0", C1: "t1p0", C2: "t1p1 t2p0 t2p1 t2p2" });
  });

  test("with new member ids after a restart everything is shuffled, but not among static members", () => {
    const before = assignor("round-robin").assign(all("C0 C1 C2", "t0 t1"), counts(3, 3));
    expect(shown(before)).toEqual({ C0: "t0p0 t1p0", C1: "t0p1 t1p1", C2: "t0p2 t1p2" });
    const after = assignor("round-robin").assign(all("C5 C3 C4", "t0 t1"), counts(3, 3));
    expect(shown(after)).toEqual({ C3: "t0p0 t1p0", C4: "t0p1 t1p1", C5: "t0p2 t1p2" });
    const statics = ["C5", "C3", "C4"].map((id, index) => member(id, "t0 t1", "", -1, `I${index}`));
    const kept = assignor("round-robin").assign(statics, counts(3, 3));
    expect(shown(kept)).toEqual({ C5: "t0p0 t1p0", C3: "t0p1 t1p1", C4: "t0p2 t1p2" });
  });
});

describe("StickyAssignor's documentation, and KIP-54", () => {
  test("example 1: as round-robin, to begin with; then only what the one who left had is moved", () => {
    const members = all("C0 C1 C2", "t0 t1 t2 t3");
    const partitions = counts(2, 2, 2, 2);
    const first = { C0: "t0p0 t1p1 t3p0", C1: "t0p1 t2p0 t3p1", C2: "t1p0 t2p1" };
    expect(shown(assignor("round-robin").assign(members, partitions))).toEqual(first);
    const given = assignor("sticky").assign(members, partitions);
    expect(shown(given)).toEqual(first);
    const left = next(members, given).filter(({ memberId }) => memberId !== "C1");
    expect(shown(assignor("round-robin").assign(left, partitions))).toEqual({
      C0: "t0p0 t1p0 t2p0 t3p0",
      C2: "t0p1 t1p1 t2p1 t3p1",
    });
    expect(shown(assignor("sticky").assign(left, partitions))).toEqual({
      C0: "t0p0 t1p1 t2p0 t3p0",
      C2: "t0p1 t1p0 t2p1 t3p1",
    });
  });

  test("example 2: better balanced than round-robin where subscriptions differ, and stickier", () => {
    const partitions = counts(1, 2, 3);
    const given = assignor("sticky").assign(staggered, partitions);
    expect(shown(given)).toEqual({ C0: "t0p0", C1: "t1p0 t1p1", C2: "t2p0 t2p1 t2p2" });
    const left = next(staggered, given).slice(1);
    expect(shown(assignor("round-robin").assign(left, partitions))).toEqual({
      C1: "t0p0 t1p1",
      C2: "t1p0 t2p0 t2p1 t2p2",
    });
    expect(shown(assignor("sticky").assign(left, partitions))).toEqual({
      C1: "t0p0 t1p0 t1p1",
      C2: "t2p0 t2p1 t2p2",
    });
  });
});

describe("KIP-429, and the bugs since", () => {
  const partitions = counts(6);

  test("who joins gets in the second round what others give up in the first", () => {
    const members = [
      member("A", "t0", "t0p0 t0p1 t0p2"),
      member("B", "t0", "t0p3 t0p4 t0p5"),
      member("C", "t0"),
    ];
    const first = assignor("cooperative-sticky").assign(members, partitions);
    expect(shown(first)).toEqual({ A: "t0p0 t0p1", B: "t0p3 t0p4", C: "" });
    const second = assignor("cooperative-sticky").assign(next(members, first), partitions);
    expect(shown(second)).toEqual({ A: "t0p0 t0p1", B: "t0p3 t0p4", C: "t0p2 t0p5" });
  });

  test("KAFKA-12984: a claim of an older generation counts for nothing against a newer one", () => {
    const members = [member("A", "t0", "t0p0 t0p1 t0p2", 3), member("B", "t0", "t0p0 t0p1 t0p2", 4)];
    expect(shown(assignor("sticky").assign(members, partitions))).toEqual({
      A: "t0p3 t0p4 t0p5",
      B: "t0p0 t0p1 t0p2",
    });
  });

  test("KAFKA-14639: what a member behind the others has, and nobody else claims, is not given away under it", () => {
    const members = [
      member("A", "t0", "t0p0 t0p1 t0p2", 3),
      member("B", "t0", "t0p2 t0p3", 4),
      member("C", "t0", "t0p4 t0p5", 4),
    ];
    const given = assignor("cooperative-sticky").assign(members, partitions);
    expect(shown(given)).toEqual({ A: "t0p0 t0p1", B: "t0p2 t0p3", C: "t0p4 t0p5" });
  });

  test("of equal claims none counts: who claims it gives it up before anybody gets it", () => {
    const members = [member("A", "t0", "t0p0 t0p1 t0p2", 4), member("B", "t0", "t0p2 t0p3 t0p4", 4)];
    const first = assignor("cooperative-sticky").assign(members, partitions);
    expect(shown(first)).toEqual({ A: "t0p0 t0p1", B: "t0p3 t0p4 t0p5" });
    const second = assignor("cooperative-sticky").assign(next(members, first), partitions);
    expect(shown(second)).toEqual({ A: "t0p0 t0p1 t0p2", B: "t0p3 t0p4 t0p5" });
    // A third, older claim changes nothing; a third of the same age neither.
    for (const generation of [3, 4]) {
      const three = [...members, member("C", "t0", "t0p2", generation)];
      expect(
        [...assignor("cooperative-sticky").assign(three, partitions)].flatMap(([, list]) => list),
      ).not.toContainEqual({
        topic: "t0",
        partition: 2,
      });
    }
  });

  test("KAFKA-15106: what cannot be balanced any better ends", () => {
    const members = [
      member("A", "t0 t1", "t0p0 t0p1 t0p2 t1p0 t1p1 t1p2"),
      member("B", "t1"),
      member("C", "t2", "t2p0"),
    ];
    expect(shown(assignor("sticky").assign(members, counts(3, 3, 1)))).toEqual({
      A: "t0p0 t0p1 t0p2",
      B: "t1p0 t1p1 t1p2",
      C: "t2p0",
    });
  });
});
