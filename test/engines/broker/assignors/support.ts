/** Groups as tests write them, and what is asked of their assignments. */
import { expect } from "vitest";
import {
  ASSIGNORS,
  type Assignor,
  type AssignorName,
  type GroupAssignment,
  type GroupMember,
  type PartitionCounts,
} from "#engines/broker/assignors/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/index.js";

export const assignor = (name: AssignorName): Assignor => ASSIGNORS.get(name)!;

/** `t0p1`, as Kafka's documentation has it. */
export function parsed(name: string): TopicPartition {
  const [topic, partition] = name.split("p");
  return { topic: topic!, partition: Number(partition) };
}

export function written({ topic, partition }: TopicPartition): string {
  return `${topic}p${partition}`;
}

/** `"t0p0 t1p1"` by member, each in order. */
export function shown(assignment: GroupAssignment): Record<string, string> {
  return Object.fromEntries(
    [...assignment].map(([memberId, list]) => [memberId, list.map(written).join(" ")]),
  );
}

export function member(
  memberId: string,
  topics: string,
  owned = "",
  generation: number = owned === "" ? -1 : 1,
  instanceId?: string,
): GroupMember {
  const list = owned === "" ? [] : owned.split(" ").map(parsed);
  return { memberId, instanceId, topics: topics.split(" "), owned: list, generation };
}

/** The same members, with what they were given, as they come to the next round. */
export function next(members: readonly GroupMember[], given: GroupAssignment): GroupMember[] {
  return members.map((each) => ({
    ...each,
    owned: given.get(each.memberId)!,
    generation: each.generation + 1,
  }));
}

/** Who has each partition; fails where two have one. */
export function ownersOf(assignment: GroupAssignment): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [memberId, list] of assignment) {
    for (const each of list) {
      const name = partitionName(each);
      if (owners.has(name)) expect.fail(`${name} is assigned to ${owners.get(name)} and ${memberId}`);
      owners.set(name, memberId);
    }
  }
  return owners;
}

/** The subscribers of each partition that has any. */
export function subscribersOf(
  members: readonly GroupMember[],
  partitions: PartitionCounts,
): Map<string, string[]> {
  const subscribers = new Map<string, string[]>();
  for (const { memberId, topics } of members) {
    for (const topic of new Set(topics)) {
      for (let partition = 0; partition < (partitions.get(topic) ?? 0); partition++) {
        const name = partitionName({ topic, partition });
        const known = subscribers.get(name);
        if (known === undefined) subscribers.set(name, [memberId]);
        else known.push(memberId);
      }
    }
  }
  return subscribers;
}

/** Of each partition the claim that counts, and all that claim it. */
export function claimsOf(
  members: readonly GroupMember[],
): Map<string, { readonly winner: string | undefined; readonly all: ReadonlySet<string> }> {
  const claims = new Map<string, GroupMember[]>();
  for (const each of members) {
    for (const name of new Set(each.owned.map(partitionName))) {
      claims.set(name, [...(claims.get(name) ?? []), each]);
    }
  }
  return new Map(
    [...claims].map(([name, all]) => {
      const highest = Math.max(...all.map(({ generation }) => generation));
      const winners = all.filter(({ generation }) => generation === highest);
      const winner = winners.length === 1 ? winners[0]!.memberId : undefined;
      return [name, { winner, all: new Set(all.map(({ memberId }) => memberId)) }];
    }),
  );
}

export const loadsOf = (assignment: GroupAssignment): Map<string, number> =>
  new Map([...assignment].map(([memberId, list]) => [memberId, list.length]));

/** All partitions with subscribers are assigned, but for `left`, each to one of its subscribers, and nothing else is. */
export function expectComplete(
  members: readonly GroupMember[],
  partitions: PartitionCounts,
  given: GroupAssignment,
  left: ReadonlySet<string> = new Set(),
): void {
  if (given.size !== members.length) expect.fail("each member is told what it has");
  const owners = ownersOf(given);
  const subscribers = subscribersOf(members, partitions);
  for (const [name, candidates] of subscribers) {
    const owner = owners.get(name);
    if (owner === undefined ? !left.has(name) : !candidates.includes(owner)) {
      expect.fail(`${name} is ${owner}'s, of ${candidates.join()}`);
    }
  }
  for (const name of owners.keys()) if (!subscribers.has(name)) expect.fail(`${name} is not asked for`);
}

/** How many stay away from who had them and may have them still. */
export function movesOf(
  members: readonly GroupMember[],
  partitions: PartitionCounts,
  given: GroupAssignment,
): number {
  const owners = ownersOf(given);
  const subscribers = subscribersOf(members, partitions);
  let moves = 0;
  for (const [name, { winner }] of claimsOf(members)) {
    if (winner === undefined || subscribers.get(name)?.includes(winner) !== true) continue;
    if (owners.get(name) !== winner) moves++;
  }
  return moves;
}
