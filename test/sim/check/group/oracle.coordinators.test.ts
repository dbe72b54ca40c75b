// Every rule of groups whose coordinators assign (KIP-848) fires on a history that breaks it, and on nothing less.
import { describe, expect, test } from "vitest";
import { GroupOracle, type GroupBroken, type HolderTold, type MemberEpochTold } from "#sim/check/index.js";

const G = "billing";

type Shares = Readonly<Record<string, readonly string[]>>;

class Bench {
  readonly oracle: GroupOracle;

  constructor(mayForget = false) {
    this.oracle = new GroupOracle({
      topics: new Map([["t", 2]]),
      mayForget,
      expiryWithinUs: 1_000,
      assigns: "coordinators",
    });
  }

  target(epoch: number, shares: Shares, term = 1): string | undefined {
    const members = Object.entries(shares).map(([memberId, partitions]) => {
      return { memberId, instanceId: undefined, topics: ["t", "u"], partitions };
    });
    const promise = { isCooperative: false, balances: "all" } as const;
    return ruleOf(this.oracle.generation(term, { group: G, generation: epoch, promise, members }));
  }

  /** `has`: what it may have, and after a `/` what it is to give up. */
  member(
    memberId: string,
    memberEpoch: number,
    has: string,
    term = 1,
    isStable = !has.includes("/"),
  ): string | undefined {
    const [assigned, revoking] = has
      .split("/")
      .map((names) => names.split(" ").filter((name) => name !== ""));
    const told: MemberEpochTold = {
      group: G,
      memberId,
      memberEpoch,
      assigned: assigned!,
      revoking: revoking ?? [],
      isStable,
    };
    return ruleOf(this.oracle.memberEpoch(term, told));
  }

  left(memberId: string, term = 1): string | undefined {
    return ruleOf(this.oracle.memberLeft(term, { group: G, memberId, isReplaced: false }));
  }

  replaced(memberId: string, term = 1): string | undefined {
    return ruleOf(this.oracle.memberLeft(term, { group: G, memberId, isReplaced: true }));
  }

  loaded(term: number, epoch: number, shares: Shares): string | undefined {
    const members = Object.entries(shares).map(([memberId, partitions]) => {
      return { memberId, instanceId: undefined, topics: ["t", "u"], partitions };
    });
    const known = { group: G, generation: epoch, promise: undefined, members };
    return ruleOf(this.oracle.loaded(term, [G], [known], 0));
  }

  assigned(memberId: string, generation: number, ...partitions: readonly string[]): string | undefined {
    return ruleOf(this.oracle.assigned({ ...holder(memberId), memberId, generation, partitions }));
  }

  revoked(memberId: string, ...partitions: readonly string[]): void {
    this.oracle.revoked(holder(memberId), partitions);
  }

  committed(memberId: string, generation: number, offset = 0): string | undefined {
    const commit = { group: G, partition: "t-0", offset, memberId, generation };
    return ruleOf(this.oracle.committed(1, commit));
  }

  get isUpToDate(): boolean {
    return this.oracle.isUpToDate(holder("a"));
  }
}

function holder(memberId: string): HolderTold {
  return { holder: `life of ${memberId}`, group: G };
}

function ruleOf(broken: GroupBroken | undefined): string | undefined {
  return broken?.rule;
}

/** `a` has all; then `b` is to have the second. */
function shared(): Bench {
  const bench = new Bench();
  bench.target(1, { a: ["t-0", "t-1"] });
  bench.member("a", 1, "t-0 t-1");
  bench.assigned("a", 1, "t-0", "t-1");
  bench.target(3, { a: ["t-0"], b: ["t-1"] });
  bench.member("b", 3, "", 1, false);
  return bench;
}

test("a partition that changes hands in order is none of a finding", () => {
  const bench = shared();
  expect(bench.assigned("b", 3)).toBeUndefined();
  expect(bench.member("a", 2, "t-0/t-1")).toBeUndefined();
  bench.revoked("a", "t-1");
  expect(bench.assigned("a", 2)).toBeUndefined();
  expect(bench.isUpToDate).toBe(false);
  expect(bench.member("a", 3, "t-0")).toBeUndefined();
  expect(bench.isUpToDate).toBe(true);
  expect(bench.member("b", 3, "t-1")).toBeUndefined();
  expect(bench.assigned("b", 3, "t-1")).toBeUndefined();
  expect(bench.committed("a", 1)).toBeUndefined();
});

describe("what coordinators have of members", () => {
  test("is one owner for each partition, until it is given up", () => {
    expect(shared().member("b", 3, "t-1")).toBe("two-owners");
    const bench = shared();
    bench.member("a", 2, "t-0/t-1");
    expect(bench.member("b", 3, "t-1")).toBe("two-owners");
    bench.left("a");
    expect(bench.member("b", 3, "t-1")).toBeUndefined();
  });

  test("is not counted down, nor ahead of the group", () => {
    const bench = shared();
    bench.member("a", 3, "t-0");
    expect(bench.member("a", 2, "t-0")).toBe("epoch-back");
    expect(bench.member("a", 4, "t-0")).toBe("epoch-ahead");
  });

  test("begins anew for who was out, and who was away", () => {
    const bench = shared();
    bench.member("a", 3, "t-0");
    bench.left("a");
    expect(bench.member("a", 2, "", 1, false)).toBeUndefined();
    expect(bench.member("a", -2, "")).toBeUndefined();
    expect(bench.member("a", 1, "", 1, false)).toBeUndefined();
  });

  test("is kept for a static member, until it has gone", () => {
    expect(shared().replaced("a")).toBe("instance-taken");
    expect(shared().left("a")).toBeUndefined();
    const bench = shared();
    bench.member("a", -2, "t-0");
    expect(bench.replaced("a")).toBeUndefined();
    // What the predecessor said of it is not what the coordinator knows.
    const next = shared();
    expect(next.loaded(2, 3, { a: ["t-0"], b: ["t-1"] })).toBeUndefined();
    expect(next.replaced("a", 1)).toBeUndefined();
    expect(next.replaced("a", 2)).toBeUndefined();
  });

  test("is what they are to have, once they have come to the group's epoch", () => {
    expect(shared().member("a", 3, "t-0")).toBeUndefined();
    expect(shared().member("a", 3, "")).toBe("holds-unassigned");
    expect(shared().member("a", 3, "", 1, false)).toBeUndefined();
  });

  test("is what the latest of them says, one by one when it begins", () => {
    const bench = shared();
    expect(bench.loaded(2, 3, { a: ["t-0"], b: ["t-1"] })).toBeUndefined();
    expect(bench.member("b", 3, "t-1", 2)).toBeUndefined();
    expect(bench.member("a", 3, "t-0", 2)).toBeUndefined();
    expect(bench.member("b", 3, "t-0 t-1", 1)).toBeUndefined();
    expect(bench.loaded(3, 5, { b: ["t-0", "t-1"] })).toBeUndefined();
    expect(bench.member("b", 5, "t-0 t-1", 3)).toBeUndefined();
  });
});

describe("what members have", () => {
  test("is theirs by an epoch that a coordinator has given them", () => {
    expect(shared().assigned("b", 2)).toBe("generation-unknown");
    expect(shared().assigned("c", 3)).toBe("generation-unknown");
    const forgetful = new Bench(true);
    expect(forgetful.assigned("b", 2)).toBeUndefined();
  });

  test("is what their coordinator says", () => {
    expect(shared().assigned("b", 3, "t-1")).toBe("holds-unassigned");
    const bench = shared();
    bench.member("a", 2, "t-0/t-1");
    bench.member("a", 3, "t-0");
    expect(bench.assigned("a", 3)).toBe("holds-unassigned");
  });

  test.each(["in", "out", "away"])(
    "was given up by whoever had it, unless that may not know: %s",
    (where) => {
      const bench = shared();
      bench.member("a", where === "away" ? -2 : 3, "t-0");
      bench.member("b", 3, "t-1");
      if (where === "out") bench.left("a");
      expect(bench.assigned("b", 3, "t-1")).toBe(where === "in" ? "assigned-before-revoked" : undefined);
    },
  );

  test("may be wrong by what an earlier stay in the group was given", () => {
    const bench = shared();
    bench.left("a");
    expect(bench.assigned("a", 1)).toBeUndefined();
    bench.target(5, { a: ["t-0"], b: ["t-1"] });
    bench.member("a", 5, "t-0");
    bench.member("b", 5, "t-1");
    expect(bench.assigned("b", 5, "t-1")).toBeUndefined();
    expect(bench.assigned("a", 1)).toBeUndefined();
    expect(bench.assigned("a", 5)).toBe("holds-unassigned");
  });

  test("goes on where the group is, for whoever is in it", () => {
    const bench = shared();
    for (let offset = 0; offset < 5; offset++) bench.oracle.processed(G, "t-1", offset);
    const commit = { group: G, partition: "t-1", offset: 5, memberId: "a", generation: 1 };
    expect(ruleOf(bench.oracle.committed(1, commit))).toBeUndefined();
    bench.oracle.gone(holder("a"));
    bench.member("a", 3, "t-0");
    bench.member("b", 3, "t-1");
    bench.target(5, { a: ["t-0"], b: ["t-1"] });
    bench.assigned("b", 3, "t-1");
    expect(ruleOf(bench.oracle.delivered(holder("b"), "t-1", 4))).toBe("resumed-behind");
  });
});

describe("commits", () => {
  test("count from the epoch on in which the member was given the partition (KIP-1251)", () => {
    const bench = shared();
    bench.member("a", 3, "t-0");
    for (const epoch of [1, 2, 3]) expect(bench.committed("a", epoch)).toBeUndefined();
    expect(bench.committed("a", 4)).toBe("stale-commit");
    expect(bench.committed("a", 0)).toBe("stale-commit");
  });

  test("of before somebody else had the partition are over", () => {
    const bench = shared();
    bench.target(5, { a: ["t-1"], b: ["t-0"] });
    bench.member("a", 5, "t-1");
    bench.target(7, { a: ["t-0"], b: ["t-1"] });
    bench.member("a", 7, "t-0");
    expect(bench.committed("a", 1)).toBe("stale-commit");
    expect(bench.committed("a", 7)).toBeUndefined();
  });

  test("are of a member that has the partition, or gives it up", () => {
    const bench = shared();
    expect(bench.committed("b", 3)).toBe("committed-not-owned");
    bench.target(5, { a: ["t-1"], b: ["t-0"] });
    bench.member("a", 4, "t-1/t-0");
    expect(bench.committed("a", 1)).toBeUndefined();
    bench.member("a", 5, "t-1");
    expect(bench.committed("a", 5)).toBe("committed-not-owned");
  });

  test("are of a member", () => {
    const bench = shared();
    expect(bench.committed("", -1)).toBe("stale-commit");
    bench.left("a");
    expect(bench.committed("a", 1)).toBe("stale-commit");
  });

  test("of before a static member was away are over", () => {
    const bench = shared();
    bench.member("a", -2, "t-0");
    expect(bench.committed("a", 1)).toBe("stale-commit");
    bench.member("a", 3, "t-0");
    expect(bench.committed("a", 1)).toBe("stale-commit");
    expect(bench.committed("a", 3)).toBeUndefined();
  });
});
