// Every rule fires on a history that breaks it, and on nothing less.
import { describe, expect, test } from "vitest";
import { GroupOracle, type GenerationTold, type GroupBroken, type HolderTold } from "#sim/check/index.js";

const G = "billing";
const EXPIRY_US = 1_000;
const EAGER = { isCooperative: false, balances: "all" } as const;
const COOPERATIVE = { isCooperative: true, balances: "all" } as const;
const RANGE = { isCooperative: false, balances: "each-topic" } as const;

type Shares = Readonly<Record<string, readonly string[]>>;

function told(
  generation: number,
  shares: Shares,
  promise: GenerationTold["promise"] = EAGER,
  subscriptions: Readonly<Record<string, readonly string[]>> = {},
): GenerationTold {
  const members = Object.entries(shares).map(([name, partitions]) => {
    const [memberId, instanceId] = name.split("/");
    const topics = subscriptions[memberId!] ?? ["t", "u"];
    return { memberId: memberId!, instanceId, topics, partitions };
  });
  return { group: G, generation, promise, members };
}

class Bench {
  readonly oracle: GroupOracle;

  constructor(topics: Readonly<Record<string, number>> = { t: 2 }, mayForget = false) {
    this.oracle = new GroupOracle({
      topics: new Map(Object.entries(topics)),
      mayForget,
      expiryWithinUs: EXPIRY_US,
      assigns: "members",
    });
  }

  generation(
    generation: number,
    shares: Shares,
    promise: GenerationTold["promise"] = EAGER,
    term = 1,
  ): string | undefined {
    return ruleOf(this.oracle.generation(term, told(generation, shares, promise)));
  }

  assigned(memberId: string, generation: number, ...partitions: readonly string[]): string | undefined {
    return ruleOf(this.oracle.assigned({ ...holder(memberId), memberId, generation, partitions }));
  }

  /** Somebody of the group gets that, and does what is to be done. */
  processed(partition: string, upTo: number): void {
    for (let offset = 0; offset < upTo; offset++) this.oracle.processed(G, partition, offset);
  }

  committed(
    memberId: string,
    generation: number,
    offset: number,
    term = 1,
    partition = "t-0",
  ): string | undefined {
    const commit = { group: G, partition, offset, memberId, generation };
    return ruleOf(this.oracle.committed(term, commit));
  }

  delivered(memberId: string, offset: number): string | undefined {
    return ruleOf(this.oracle.delivered(holder(memberId), "t-0", offset));
  }

  loaded(term: number, ...known: readonly GenerationTold[]): string | undefined {
    return ruleOf(this.oracle.loaded(term, [G], known, 0));
  }
}

function holder(memberId: string): HolderTold {
  return { holder: `life of ${memberId}`, group: G };
}

function ruleOf(broken: GroupBroken | undefined): string | undefined {
  return broken?.rule;
}

describe("a generation", () => {
  test("that is complete and balanced is none of a finding", () => {
    const bench = new Bench();
    expect(bench.generation(1, { a: ["t-0", "t-1"] })).toBeUndefined();
    expect(bench.generation(2, { a: ["t-0"], b: ["t-1"] })).toBeUndefined();
    expect(bench.generation(3, {}, undefined)).toBeUndefined();
  });

  test("has one owner for each partition", () => {
    expect(new Bench().generation(1, { a: ["t-0"], b: ["t-0", "t-1"] })).toBe("two-owners");
  });

  test("leaves out nothing", () => {
    expect(new Bench().generation(1, { a: ["t-0"] })).toBe("incomplete");
    expect(new Bench().generation(1, { a: ["t-0"] }, COOPERATIVE)).toBe("incomplete");
  });

  test("leaves out a whole topic that its leader may not know", () => {
    expect(new Bench({ t: 2, u: 1 }).generation(1, { a: ["t-0", "t-1"] })).toBeUndefined();
  });

  test("leaves out what a cooperative member has yet to give up, and is not balanced then", () => {
    const bench = new Bench({ t: 4 });
    const all = ["t-0", "t-1", "t-2", "t-3"];
    expect(bench.generation(1, { a: all }, COOPERATIVE)).toBeUndefined();
    expect(bench.generation(2, { a: ["t-0", "t-1"], b: [] }, COOPERATIVE)).toBeUndefined();
    expect(bench.generation(3, { b: ["t-2", "t-3"] }, COOPERATIVE)).toBe("incomplete");
  });

  test("knows of no other partitions", () => {
    expect(new Bench().generation(1, { a: ["t-0", "t-1", "t-2"] })).toBe("no-such-partition");
  });

  test("is as balanced as its assignor promises", () => {
    const shares = { a: ["t-0", "u-0"], b: [] };
    expect(new Bench({ t: 1, u: 1 }).generation(1, shares)).toBe("unbalanced");
    expect(new Bench({ t: 1, u: 1 }).generation(1, shares, COOPERATIVE)).toBe("unbalanced");
    expect(new Bench({ t: 1, u: 1 }).generation(1, shares, RANGE)).toBeUndefined();
    expect(new Bench({ t: 2 }).generation(1, { a: ["t-0", "t-1"], b: [] }, RANGE)).toBe("unbalanced");
  });
});

describe("a generation of members that want different topics", () => {
  const WHERE_UNIFORM = { isCooperative: false, balances: "all-where-uniform" } as const;
  const WANTS = { a: ["t", "u"], b: ["t"], c: ["u"] };

  function ruleFor(
    shares: Shares,
    promise: GenerationTold["promise"],
    wants: Readonly<Record<string, readonly string[]>> = WANTS,
  ): string | undefined {
    const { oracle } = new Bench({ t: 2, u: 2 });
    return ruleOf(oracle.generation(1, told(1, shares, promise, wants)));
  }

  test("gives nobody what was not asked for, and nothing of what nobody asked for", () => {
    expect(ruleFor({ a: ["t-0", "t-1"], b: ["u-0"], c: ["u-1"] }, EAGER)).toBe("not-subscribed");
    expect(ruleFor({ b: ["t-0", "t-1"] }, EAGER)).toBeUndefined();
  });

  test("is balanced as far as partitions can pass, also by way of others", () => {
    expect(ruleFor({ a: ["t-0", "u-0"], b: ["t-1"], c: ["u-1"] }, EAGER)).toBeUndefined();
    expect(ruleFor({ a: [], b: ["t-0", "t-1"], c: ["u-0", "u-1"] }, EAGER)).toBe("unbalanced");
    const wants = { a: ["t"], b: ["t", "u"], c: ["u"] };
    expect(ruleFor({ a: ["t-0", "t-1"], b: ["u-0", "u-1"], c: [] }, EAGER, wants)).toBe("unbalanced");
    expect(ruleFor({ a: ["t-0", "t-1", "u-0", "u-1"], c: [] }, EAGER, { a: ["t", "u"], c: ["t"] })).toBe(
      "unbalanced",
    );
    expect(ruleFor({ a: ["t-0", "t-1"], c: ["u-0", "u-1"] }, EAGER, { a: ["t"], c: ["u"] })).toBeUndefined();
  });

  test("is balanced by topic among those who want it, or only where all want the same", () => {
    expect(ruleFor({ a: ["t-0", "t-1", "u-0"], b: [], c: ["u-1"] }, RANGE)).toBe("unbalanced");
    expect(ruleFor({ a: ["t-0", "u-0"], b: ["t-1"], c: ["u-1"] }, RANGE)).toBeUndefined();
    const lopsided = { a: ["t-0", "t-1", "u-0", "u-1"], b: [], c: [] };
    expect(ruleFor(lopsided, WHERE_UNIFORM)).toBeUndefined();
    expect(ruleFor(lopsided, WHERE_UNIFORM, {})).toBe("unbalanced");
  });
});

describe("generations", () => {
  test("are not counted down", () => {
    const bench = new Bench();
    bench.generation(2, { a: ["t-0", "t-1"] });
    bench.committed("a", 2, 0);
    expect(bench.generation(1, { a: ["t-0", "t-1"] })).toBe("generation-back");
  });

  test("begin anew where nothing was committed, or may be forgotten", () => {
    const bench = new Bench();
    bench.generation(2, { a: ["t-0", "t-1"] });
    expect(bench.generation(1, { a: ["t-0", "t-1"] })).toBeUndefined();
    const forgetful = new Bench({ t: 2 }, true);
    forgetful.generation(2, { a: ["t-0", "t-1"] });
    forgetful.committed("a", 2, 0);
    expect(forgetful.generation(1, { a: ["t-0", "t-1"] })).toBeUndefined();
  });

  test("are complete once, but for an instance that comes back under another id", () => {
    const bench = new Bench();
    bench.generation(1, { "a/i": ["t-0"], b: ["t-1"] });
    bench.committed("a", 1, 0);
    expect(bench.generation(1, { b: ["t-1"], "c/i": ["t-0"] })).toBeUndefined();
    expect(bench.generation(1, { b: ["t-0"], "c/i": ["t-1"] })).toBe("generation-changed");
  });

  test("are known to every coordinator that begins", () => {
    const bench = new Bench();
    bench.generation(2, { a: ["t-0", "t-1"] });
    bench.committed("a", 2, 0);
    expect(bench.loaded(2, told(2, { a: ["t-0", "t-1"] }))).toBeUndefined();
    expect(bench.loaded(3, told(1, { a: ["t-0", "t-1"] }))).toBe("generation-back");
    expect(bench.loaded(4)).toBe("generation-back");
  });

  test("of a coordinator that was deposed are of before", () => {
    const bench = new Bench();
    bench.loaded(5, told(3, { a: ["t-0", "t-1"] }));
    bench.committed("a", 3, 0, 5);
    expect(bench.generation(2, { a: ["t-0", "t-1"] }, EAGER, 4)).toBeUndefined();
    expect(bench.loaded(4)).toBeUndefined();
  });
});

describe("what members have", () => {
  test("is what they were assigned", () => {
    const bench = new Bench();
    bench.generation(1, { a: ["t-0"], b: ["t-1"] });
    expect(bench.assigned("a", 1, "t-0")).toBeUndefined();
    expect(bench.assigned("b", 1, "t-0")).toBe("two-owners");
    bench.oracle.gone(holder("b"));
    bench.oracle.gone(holder("a"));
    expect(bench.assigned("b", 1, "t-0")).toBe("holds-unassigned");
    expect(bench.assigned("a", 7, "t-0")).toBe("generation-unknown");
  });

  test("is another process's, too, until an instance hears that it was replaced", () => {
    const bench = new Bench();
    bench.generation(1, { "a/i": ["t-0", "t-1"] });
    bench.assigned("a", 1, "t-0", "t-1");
    bench.generation(1, { "c/i": ["t-0", "t-1"] });
    expect(bench.assigned("c", 1, "t-0", "t-1")).toBeUndefined();
    const sameId = { ...holder("a twin"), memberId: "c", generation: 1, partitions: ["t-0", "t-1"] };
    expect(ruleOf(bench.oracle.assigned(sameId))).toBe("two-owners");
  });

  // Seeds 292, 302 and 558 of groups-coordinator: the callback of the first takes longer than the second's whole join.
  test("is still told to an instance whose callback goes on while it is replaced", () => {
    const bench = new Bench();
    bench.generation(1, { "a/i": ["t-0"] });
    bench.generation(1, { "c/i": ["t-0"] });
    expect(bench.assigned("c", 1, "t-0")).toBeUndefined();
    expect(bench.assigned("a", 1, "t-0")).toBeUndefined();
  });

  test("is not taken by somebody who never was in the generation", () => {
    for (const mayForget of [false, true]) {
      const bench = new Bench({ t: 2 }, mayForget);
      bench.generation(1, { a: ["t-0"] });
      bench.assigned("a", 1, "t-0");
      expect(bench.assigned("x", 1, "t-0")).toBe("two-owners");
    }
  });

  test("stays until it is given up", () => {
    const bench = new Bench();
    bench.generation(1, { a: ["t-0", "t-1"] });
    bench.assigned("a", 1, "t-0", "t-1");
    bench.generation(2, { a: ["t-0"], b: [] }, COOPERATIVE);
    expect(bench.assigned("a", 2)).toBe("holds-unassigned");
    bench.oracle.revoked(holder("a"), ["t-1"]);
    expect(bench.assigned("a", 2)).toBeUndefined();
  });

  test("may be with a static member that missed the round in which another gets it", () => {
    for (const isAbsent of [true, false]) {
      const bench = new Bench();
      bench.generation(1, { a: ["t-0", "t-1"] });
      bench.assigned("a", 1, "t-0", "t-1");
      if (isAbsent) bench.oracle.memberAbsent({ group: G, memberId: "a", generation: 2 });
      bench.generation(2, { a: ["t-0"], b: ["t-1"] });
      expect(bench.assigned("b", 2, "t-1")).toBeUndefined();
      bench.oracle.revoked(holder("a"), ["t-1"]);
      expect(bench.assigned("a", 2)).toBe(isAbsent ? undefined : "assigned-before-revoked");
    }
  });

  test("was given up by whoever takes part in the round in which another gets it", () => {
    const bench = new Bench();
    bench.generation(1, { a: ["t-0", "t-1"] }, COOPERATIVE);
    bench.assigned("a", 1, "t-0", "t-1");
    bench.generation(2, { a: ["t-0"], b: ["t-1"] }, COOPERATIVE);
    expect(bench.assigned("b", 2, "t-1")).toBeUndefined();
    bench.oracle.revoked(holder("a"), ["t-1"]);
    expect(bench.assigned("a", 2)).toBe("assigned-before-revoked");
  });

  test("may be another's already where a member missed the round", () => {
    const bench = new Bench();
    bench.generation(1, { a: ["t-0", "t-1"] }, COOPERATIVE);
    bench.assigned("a", 1, "t-0", "t-1");
    bench.generation(2, { b: ["t-0", "t-1"] }, COOPERATIVE);
    expect(bench.assigned("b", 2, "t-0", "t-1")).toBeUndefined();
    bench.oracle.gone(holder("a"));
    bench.generation(3, { a: [], b: ["t-0"] }, COOPERATIVE);
    expect(bench.assigned("a", 3)).toBeUndefined();
  });
});

describe("what members give out", () => {
  function begun(): Bench {
    const bench = new Bench({ t: 1 });
    bench.generation(1, { a: ["t-0"] });
    bench.processed("t-0", 5);
    bench.committed("a", 1, 3);
    bench.assigned("a", 1, "t-0");
    return bench;
  }

  test("goes on at what is committed, or at what was committed since", () => {
    for (const from of [3, 4, 5]) {
      const bench = begun();
      expect(bench.delivered("a", from)).toBeUndefined();
      expect(bench.delivered("a", from + 1)).toBeUndefined();
    }
  });

  test("skips nothing", () => {
    expect(begun().delivered("a", 6)).toBe("skipped");
    const bench = begun();
    bench.delivered("a", 3);
    expect(bench.delivered("a", 5)).toBe("skipped");
  });

  test("does not begin behind the commit, nor go back", () => {
    expect(begun().delivered("a", 2)).toBe("resumed-behind");
    const bench = begun();
    bench.delivered("a", 4);
    expect(bench.delivered("a", 3)).toBe("resumed-behind");
  });

  test("is of what they have", () => {
    expect(begun().delivered("b", 3)).toBe("delivered-unowned");
    const bench = begun();
    bench.oracle.gone(holder("a"));
    expect(bench.delivered("a", 3)).toBe("delivered-unowned");
  });

  test("begins anywhere before, once the commit has expired", () => {
    const bench = begun();
    bench.oracle.expired(1, G, "t-0", 0);
    expect(bench.delivered("a", 0)).toBeUndefined();
  });
});

describe("commits", () => {
  function begun(): Bench {
    const bench = new Bench();
    bench.generation(1, { a: ["t-0"], b: ["t-1"] });
    bench.processed("t-0", 5);
    return bench;
  }

  test("follow what was processed", () => {
    const bench = begun();
    expect(bench.committed("a", 1, 2)).toBeUndefined();
    expect(bench.committed("a", 1, 5)).toBeUndefined();
    expect(bench.committed("a", 1, 6)).toBe("committed-unprocessed");
  });

  test("do not go back, unless they expire", () => {
    const bench = begun();
    bench.committed("a", 1, 5);
    expect(bench.committed("a", 1, 4)).toBe("committed-went-back");
    bench.oracle.expired(1, G, "t-0", 0);
    expect(bench.committed("a", 1, 1)).toBeUndefined();
    const forgetful = new Bench({ t: 2 }, true);
    forgetful.generation(1, { a: ["t-0"], b: ["t-1"] });
    forgetful.processed("t-0", 5);
    forgetful.committed("a", 1, 5);
    expect(forgetful.committed("a", 1, 4)).toBeUndefined();
  });

  test("are of a member of the present generation", () => {
    const bench = begun();
    expect(bench.committed("", -1, 5)).toBe("stale-commit");
    bench.generation(2, { b: ["t-0", "t-1"] });
    expect(bench.committed("a", 1, 5)).toBe("stale-commit");
  });

  test("are of what the member has, or nobody", () => {
    expect(begun().committed("b", 1, 5)).toBe("committed-not-owned");
    const bench = begun();
    bench.generation(2, { a: [], b: ["t-1"] }, COOPERATIVE);
    expect(bench.committed("a", 2, 5)).toBeUndefined();
  });

  test("of a coordinator that was deposed are of before", () => {
    const bench = begun();
    bench.committed("a", 1, 5);
    bench.loaded(2, told(2, { b: ["t-0", "t-1"] }));
    expect(bench.committed("a", 1, 4, 1)).toBeUndefined();
    expect(bench.committed("a", 1, 6, 1)).toBe("committed-unprocessed");
  });

  test("stay, as anybody is told who asks", () => {
    const bench = begun();
    bench.committed("a", 1, 3);
    const asked = bench.oracle.asked(G, ["t-0", "t-1"]);
    const answered = (...answer: readonly (readonly [string, number])[]): string | undefined =>
      ruleOf(bench.oracle.answered(asked, new Map(answer), true));
    expect(answered(["t-0", 3])).toBeUndefined();
    expect(answered(["t-0", 5])).toBeUndefined();
    expect(answered(["t-0", 2])).toBe("committed-lost");
    expect(answered()).toBe("committed-lost");
    expect(answered(["t-0", 6])).toBe("committed-unprocessed");
    expect(bench.oracle.answered(asked, new Map(), false)).toBeUndefined();
  });

  test("that nobody heard of count from when somebody is told of them", () => {
    const bench = begun();
    bench.committed("a", 1, 3);
    const asked = bench.oracle.asked(G, ["t-0"]);
    expect(ruleOf(bench.oracle.answered(asked, new Map([["t-0", 5]]), true))).toBeUndefined();
    expect(bench.committed("a", 1, 4)).toBe("committed-went-back");
  });

  test("expire while nobody takes part", () => {
    const bench = begun();
    const expired = (atUs: number): string | undefined => ruleOf(bench.oracle.expired(1, G, "t-0", atUs));
    expect(expired(0)).toBeUndefined();
    bench.oracle.occupied(1, G, true, 100);
    bench.oracle.occupied(1, G, true, 500);
    expect(expired(100 + EXPIRY_US)).toBeUndefined();
    expect(expired(101 + EXPIRY_US)).toBe("expired-in-use");
    bench.oracle.occupied(1, G, false, 2_000);
    expect(expired(9_000)).toBeUndefined();
    bench.oracle.loaded(2, [G], [told(1, { a: ["t-0"], b: ["t-1"] })], 10_000);
    expect(ruleOf(bench.oracle.expired(2, G, "t-0", 20_000))).toBe("expired-in-use");
  });
});

test("in the end, all was processed and is committed", () => {
  const bench = new Bench();
  bench.processed("t-0", 2);
  const finish = (end: number, committed: number): string[] => {
    const ends = new Map([["t-0", end]]);
    return bench.oracle.finish(G, ends, new Map([["t-0", committed]])).map(({ rule }) => rule);
  };
  expect(finish(2, 2)).toEqual([]);
  expect(finish(2, 1)).toEqual(["lag"]);
  expect(finish(3, 3)).toEqual(["not-seen"]);
});
