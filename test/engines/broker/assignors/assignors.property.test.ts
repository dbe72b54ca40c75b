// What assignors promise, over random groups that change. `ASSIGNOR_CHANGES=1000000` makes it as many changes in all, in
// order of the fast-check seed; a run of the whole suite has a few thousand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GroupAssignment, GroupMember } from "#engines/broker/assignors/index.js";
import { partitionName } from "#engines/broker/index.js";
import { assignor, claimsOf, expectComplete, loadsOf, movesOf, ownersOf, subscribersOf } from "./support.js";

const CHANGES = Number(process.env["ASSIGNOR_CHANGES"] ?? 4_000);
const TOPICS = ["t0", "t1", "t2", "t3"];
const CHANGES_A_RUN = 20;
const TIMEOUT_MS = 3_600_000;

const runs = (count: number): { seed: number; numRuns: number } => ({
  seed: 7_007,
  numRuns: Math.max(1, Math.ceil(count)),
});

interface Change {
  readonly kind: "join" | "leave" | "subscribe" | "grow" | "delete" | "nothing";
  readonly who: number;
  readonly topics: number;
  readonly size: number;
  /** Bit by bit, who hears nothing of the round that follows: its claims are old ones in the next. */
  readonly deaf: number;
  readonly isStatic: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("join", "join", "leave", "subscribe", "grow", "delete", "nothing"),
  who: fc.nat(15),
  topics: fc.integer({ min: 1, max: 15 }),
  size: fc.integer({ min: 1, max: 5 }),
  deaf: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
  isStatic: fc.boolean(),
});

const topicsOf = (bits: number): string[] => TOPICS.filter((_, index) => (bits & (1 << index)) !== 0);

/** A group in the course of changes, under one assignor. */
class Group {
  members: GroupMember[] = [];
  readonly partitions: Map<string, number> = new Map();
  readonly isUniform: boolean;
  #generation = 0;
  #joined = 0;

  constructor(isUniform: boolean) {
    this.isUniform = isUniform;
  }

  change({ kind, who, topics, size, isStatic }: Change): void {
    const at = who % Math.max(1, this.members.length);
    const topic = TOPICS[who % TOPICS.length]!;
    if (kind === "join" && this.members.length < 8) {
      // Ids that don't come in the order in which members join.
      const memberId = `m${(++this.#joined * 7) % 10}-${this.#joined}`;
      const instanceId = isStatic ? `i${(this.#joined * 3) % 10}-${this.#joined}` : undefined;
      const subscribed = this.isUniform ? TOPICS : topicsOf(topics);
      this.members.push({ memberId, instanceId, topics: subscribed, owned: [], generation: -1 });
    } else if (kind === "leave") this.members.splice(at, 1);
    else if (kind === "subscribe" && this.members.length > 0 && !this.isUniform) {
      this.members[at] = { ...this.members[at]!, topics: topicsOf(topics) };
    } else if (kind === "grow") this.partitions.set(topic, (this.partitions.get(topic) ?? 0) + size);
    else if (kind === "delete") this.partitions.delete(topic);
  }

  /** What members have after the round; those who did not hear of it go on as before. */
  hear(given: GroupAssignment, deaf: number): void {
    this.#generation++;
    this.members = this.members.map((each, index) =>
      (deaf & (1 << index)) !== 0
        ? each
        : { ...each, owned: given.get(each.memberId)!, generation: this.#generation },
    );
  }
}

/** The same group, told of in another order. */
function shuffled(members: readonly GroupMember[]): GroupMember[] {
  return members.toReversed().map((each) => ({
    ...each,
    topics: [...each.topics, ...each.topics].reverse(),
    owned: each.owned.toReversed(),
  }));
}

function expectSame(a: GroupAssignment, b: GroupAssignment): void {
  const sorted = (given: GroupAssignment): string =>
    JSON.stringify([...given].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  if (sorted(a) !== sorted(b)) expect.fail(`equal groups are assigned ${sorted(a)} and ${sorted(b)}`);
}

/** What the documentation of StickyAssignor promises. */
function expectBalanced({ members, partitions }: Group, given: GroupAssignment): void {
  const loads = loadsOf(given);
  const topics = new Map(
    members.map((each) => [each.memberId, new Set(each.topics.filter((topic) => partitions.has(topic)))]),
  );
  for (const [rich, list] of given) {
    for (const [poor, load] of loads) {
      if (load + 2 > list.length) continue;
      const passes = list.find(({ topic }) => topics.get(poor)!.has(topic));
      if (passes !== undefined) expect.fail(`${rich} could pass ${partitionName(passes)} to ${poor}`);
    }
  }
}

/** Where all subscribe to the same, nothing but quotas makes a partition move. */
function leastMoves({ members, partitions }: Group): number {
  const kept = new Map(members.map(({ memberId }) => [memberId, 0]));
  for (const [name, { winner }] of claimsOf(members)) {
    if (winner !== undefined && subscribersOf(members, partitions).has(name)) {
      kept.set(winner, kept.get(winner)! + 1);
    }
  }
  const total = [...partitions.values()].reduce((sum, count) => sum + count, 0);
  const least = Math.floor(total / members.length);
  const above = [...kept.values()].map((load) => Math.max(0, load - least));
  const odd = Math.min(total % members.length, above.filter((load) => load > 0).length);
  return above.reduce((sum, load) => sum + load, 0) - odd;
}

function expectSticky(group: Group, given: GroupAssignment): void {
  expectBalanced(group, given);
  if (!group.isUniform || group.members.length === 0) return;
  const [moves, least] = [movesOf(group.members, group.partitions, given), leastMoves(group)];
  if (moves !== least) expect.fail(`${moves} partitions move, ${least} have to`);
}

/** Who gets what is free of everybody else's claims; what is left has a claim that is given up. */
function withheld(members: readonly GroupMember[], given: GroupAssignment): ReadonlySet<string> {
  const owners = ownersOf(given);
  const left = new Set<string>();
  for (const [name, { winner, all }] of claimsOf(members)) {
    const owner = owners.get(name);
    if (owner === undefined) left.add(name);
    else if (owner !== winner) expect.fail(`${name} goes to ${owner}, while ${[...all].join()} have it`);
  }
  return left;
}

function evolve(
  isUniform: boolean,
  changes: readonly Change[],
  check: (group: Group) => GroupAssignment,
): void {
  const group = new Group(isUniform);
  for (const each of changes) {
    group.change(each);
    group.hear(check(group), each.deaf);
  }
}

const course = fc.tuple(
  fc.boolean(),
  fc.array(change, { minLength: CHANGES_A_RUN, maxLength: CHANGES_A_RUN, size: "max" }),
);

describe("through random changes of members, subscriptions and topics", () => {
  test(
    "range and round-robin assign everything, alike for equal groups, and as evenly as they say",
    () => {
      const check = (group: Group): GroupAssignment => {
        const { members, partitions } = group;
        for (const name of ["range", "round-robin"] as const) {
          const given = assignor(name).assign(members, partitions);
          expectComplete(members, partitions, given);
          expectSame(given, assignor(name).assign(shuffled(members), partitions));
          // Range: of each topic; round-robin: of all, where all subscribe to the same.
          for (const topic of name === "range" ? TOPICS : group.isUniform ? [undefined] : []) {
            const candidates = members.filter((each) => topic === undefined || each.topics.includes(topic));
            const loads = candidates.map(
              ({ memberId }) =>
                given.get(memberId)!.filter((each) => topic === undefined || each.topic === topic).length,
            );
            if (Math.max(...loads) - Math.min(...loads) > 1) expect.fail(`${name}: ${loads.join()}`);
          }
        }
        return assignor("range").assign(members, partitions);
      };
      fc.assert(
        fc.property(course, ([isUniform, changes]) => evolve(isUniform, changes, check)),
        runs(CHANGES / CHANGES_A_RUN),
      );
    },
    TIMEOUT_MS,
  );

  test(
    "sticky is balanced and moves no more than it has to; what is balanced stays",
    () => {
      const check = (group: Group): GroupAssignment => {
        const { members, partitions } = group;
        const given = assignor("sticky").assign(members, partitions);
        expectComplete(members, partitions, given);
        expectSticky(group, given);
        expectSame(given, assignor("sticky").assign(shuffled(members), partitions));
        const settled = members.map((each) => ({ ...each, owned: given.get(each.memberId)!, generation: 0 }));
        expectSame(given, assignor("sticky").assign(settled, partitions));
        expectSame(given, assignor("uniform").assign(members, partitions));
        return given;
      };
      fc.assert(
        fc.property(course, ([isUniform, changes]) => evolve(isUniform, changes, check)),
        runs(CHANGES / CHANGES_A_RUN),
      );
    },
    TIMEOUT_MS,
  );

  test(
    "cooperative-sticky never gives away what another has, and gets there in the second round",
    () => {
      const check = (group: Group): GroupAssignment => {
        const { members, partitions } = group;
        const given = assignor("cooperative-sticky").assign(members, partitions);
        expectComplete(members, partitions, given, withheld(members, given));
        expectSame(given, assignor("cooperative-sticky").assign(shuffled(members), partitions));
        // Whoever heard nothing still has what it had: nobody else was given it meanwhile.
        ownersOf(new Map(members.map(({ memberId, owned }) => [memberId, owned])));
        const settled = new Group(group.isUniform);
        for (const [topic, count] of partitions) settled.partitions.set(topic, count);
        settled.members = members.map((each) => ({
          ...each,
          owned: given.get(each.memberId)!,
          generation: 0,
        }));
        const second = assignor("cooperative-sticky").assign(settled.members, partitions);
        expectComplete(members, partitions, second);
        expectSticky(settled, second);
        return given;
      };
      fc.assert(
        fc.property(course, ([isUniform, changes]) => evolve(isUniform, changes, check)),
        runs(CHANGES / CHANGES_A_RUN),
      );
    },
    TIMEOUT_MS,
  );
});

/** Up to four members with any claims at all to what three small topics have. */
const smallGroup = fc.record({
  members: fc.array(
    fc.record({
      topics: fc.integer({ min: 0, max: 7 }),
      owned: fc.array(fc.record({ topic: fc.constantFrom("t0", "t1", "t2"), partition: fc.nat(3) }), {
        maxLength: 5,
      }),
      generation: fc.integer({ min: -1, max: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  counts: fc.tuple(fc.nat(3), fc.nat(2), fc.nat(2)),
});

/** By trying all: the least sum of squares, and the fewest moves that give it. */
function best(
  members: readonly GroupMember[],
  partitions: ReadonlyMap<string, number>,
): { readonly squares: number; readonly moves: number } {
  const claims = claimsOf(members);
  const open = [...subscribersOf(members, partitions)];
  const loads = new Map(members.map(({ memberId }) => [memberId, 0]));
  let found = { squares: Infinity, moves: Infinity };
  const place = (index: number, squares: number, moves: number): void => {
    if (squares > found.squares) return;
    const [name, candidates] = open[index] ?? [];
    if (name === undefined) {
      if (squares < found.squares || moves < found.moves) found = { squares, moves };
      return;
    }
    const winner = claims.get(name)?.winner;
    const home = winner !== undefined && candidates!.includes(winner) ? winner : undefined;
    for (const candidate of candidates!) {
      const load = loads.get(candidate)!;
      loads.set(candidate, load + 1);
      place(index + 1, squares + 2 * load + 1, moves + (home === undefined || home === candidate ? 0 : 1));
      loads.set(candidate, load);
    }
  };
  place(0, 0, 0);
  return found;
}

describe("of all assignments of a small group", () => {
  test(
    "sticky is one of the best balanced that moves least; cooperative-sticky gives of it what nobody has to give up",
    () => {
      fc.assert(
        fc.property(smallGroup, ({ members: drawn, counts }) => {
          const partitions = new Map(counts.map((count, index) => [`t${index}`, count]));
          const members = drawn.map(({ topics, owned, generation }, index): GroupMember => ({
            memberId: `m${index}`,
            instanceId: undefined,
            topics: topicsOf(topics),
            owned,
            generation,
          }));
          const given = assignor("sticky").assign(members, partitions);
          expectComplete(members, partitions, given);
          const squares = [...loadsOf(given).values()].reduce((sum, load) => sum + load * load, 0);
          const moves = movesOf(members, partitions, given);
          expect({ squares, moves }).toEqual(best(members, partitions));
          const cooperative = assignor("cooperative-sticky").assign(members, partitions);
          expectComplete(members, partitions, cooperative, withheld(members, cooperative));
          const owners = ownersOf(given);
          for (const [name, owner] of ownersOf(cooperative)) expect(owners.get(name)).toBe(owner);
        }),
        runs(CHANGES / 4),
      );
    },
    TIMEOUT_MS,
  );

  test("a big group is assigned in no time, and who joins it moves its share alone", () => {
    const partitions = new Map([
      ["t0", 600],
      ["t1", 400],
    ]);
    const join = (index: number): GroupMember => ({
      memberId: `m${String(index).padStart(3, "0")}`,
      instanceId: undefined,
      topics: index % 2 === 0 ? ["t0", "t1"] : ["t1"],
      owned: [],
      generation: -1,
    });
    let members = Array.from({ length: 39 }, (_, index) => join(index));
    const given = assignor("sticky").assign(members, partitions);
    members = members.map((each) => ({ ...each, owned: given.get(each.memberId)!, generation: 1 }));
    members.push(join(39));
    const after = assignor("sticky").assign(members, partitions);
    expectComplete(members, partitions, after);
    expect(movesOf(members, partitions, after)).toBe(after.get("m039")!.length);
  });
});
