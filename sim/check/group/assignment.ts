/** What a complete generation has to look like, by itself. */
import { imbalance, topicOf } from "./balance.js";
import type { GenerationTold, GroupBroken, GroupRule, PartitionNamed } from "./types.js";

export interface AssignmentContext {
  /** How many partitions each topic has. */
  readonly topics: ReadonlyMap<string, number>;
  /** Whether this member was given that partition in an earlier generation, and may have to give it up first. */
  readonly mayHave: (memberId: string, partition: PartitionNamed) => boolean;
}

/** The first rule that it breaks. A topic of which nobody has anything counts for nothing: the leader may not know it. */
export function judgeAssignment(told: GenerationTold, context: AssignmentContext): GroupBroken | undefined {
  const { promise, members } = told;
  if (promise === undefined || members.length === 0) return undefined;
  const owners = new Map<PartitionNamed, string>();
  const subscribed = new Set(members.flatMap(({ topics }) => topics));
  const all = new Set(partitionsOf([...context.topics].filter(([topic]) => subscribed.has(topic))));
  for (const { memberId, topics, partitions } of members) {
    for (const partition of partitions) {
      const other = owners.get(partition);
      if (other !== undefined)
        return broken(told, "two-owners", `${partition} is ${other}'s and ${memberId}'s`);
      if (!all.has(partition)) return broken(told, "no-such-partition", `${memberId} has ${partition}`);
      if (!topics.includes(topicOf(partition)))
        return broken(told, "not-subscribed", `${memberId} has ${partition}, and did not ask for it`);
      owners.set(partition, memberId);
    }
  }
  const missing = [...all].filter((partition) => !owners.has(partition));
  return unowned(told, context, owners, missing) ?? uneven(told, missing);
}

function unowned(
  told: GenerationTold,
  { mayHave }: AssignmentContext,
  owners: ReadonlyMap<PartitionNamed, string>,
  missing: readonly PartitionNamed[],
): GroupBroken | undefined {
  const isKnown = new Set([...owners.keys()].map(topicOf));
  for (const partition of missing) {
    if (!isKnown.has(topicOf(partition))) continue;
    const isAwaited =
      told.promise!.isCooperative && told.members.some(({ memberId }) => mayHave(memberId, partition));
    if (!isAwaited)
      return broken(told, "incomplete", `${partition} is nobody's, and nobody has to give it up`);
  }
  return undefined;
}

function uneven(told: GenerationTold, missing: readonly PartitionNamed[]): GroupBroken | undefined {
  const { isCooperative, balances } = told.promise!;
  // Another round is to come.
  if (isCooperative && missing.length > 0) return undefined;
  const found = imbalance(told.members, balances);
  return found === undefined ? undefined : broken(told, "unbalanced", found);
}

function partitionsOf(topics: readonly (readonly [string, number])[]): PartitionNamed[] {
  return topics.flatMap(([topic, count]) => Array.from({ length: count }, (_, i) => `${topic}-${i}`));
}

function broken({ group, generation }: GenerationTold, rule: GroupRule, text: string): GroupBroken {
  return { rule, message: `generation ${generation} of ${group}: ${text}` };
}
