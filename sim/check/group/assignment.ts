/** What a complete generation has to look like, by itself. */
import type { GenerationTold, GroupBroken, GroupRule, PartitionNamed } from "./types.js";

export interface AssignmentContext {
  /** How many partitions each topic has that the members subscribe to: all to the same. */
  readonly topics: ReadonlyMap<string, number>;
  /** Whether this member was given that partition in an earlier generation, and may have to give it up first. */
  readonly mayHave: (memberId: string, partition: PartitionNamed) => boolean;
}

/** The first rule that it breaks. A topic of which nobody has anything counts for nothing: the leader may not know it. */
export function judgeAssignment(told: GenerationTold, context: AssignmentContext): GroupBroken | undefined {
  const { promise, members } = told;
  if (promise === undefined || members.length === 0) return undefined;
  const owners = new Map<PartitionNamed, string>();
  const all = new Set(partitionsOf(context.topics));
  for (const { memberId, partitions } of members) {
    for (const partition of partitions) {
      const other = owners.get(partition);
      if (other !== undefined)
        return broken(told, "two-owners", `${partition} is ${other}'s and ${memberId}'s`);
      if (!all.has(partition)) return broken(told, "no-such-partition", `${memberId} has ${partition}`);
      owners.set(partition, memberId);
    }
  }
  const missing = [...all].filter((partition) => !owners.has(partition));
  return unowned(told, context, owners, missing) ?? uneven(told, owners, missing);
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

function uneven(
  told: GenerationTold,
  owners: ReadonlyMap<PartitionNamed, string>,
  missing: readonly PartitionNamed[],
): GroupBroken | undefined {
  const { isCooperative, balances } = told.promise!;
  // Another round is to come.
  if (isCooperative && missing.length > 0) return undefined;
  const topics = balances === "all" ? [undefined] : [...new Set([...owners.keys()].map(topicOf))];
  for (const topic of topics) {
    const shares = told.members.map(
      ({ partitions }) => partitions.filter((each) => topic === undefined || topicOf(each) === topic).length,
    );
    if (Math.max(...shares) - Math.min(...shares) <= 1) continue;
    const what = topic === undefined ? "all partitions" : `the partitions of ${topic}`;
    return broken(told, "unbalanced", `${what} are shared out ${shares.join(" ")}`);
  }
  return undefined;
}

function partitionsOf(topics: ReadonlyMap<string, number>): PartitionNamed[] {
  return [...topics].flatMap(([topic, count]) => Array.from({ length: count }, (_, i) => `${topic}-${i}`));
}

function topicOf(partition: PartitionNamed): string {
  return partition.slice(0, partition.lastIndexOf("-"));
}

function broken({ group, generation }: GenerationTold, rule: GroupRule, text: string): GroupBroken {
  return { rule, message: `generation ${generation} of ${group}: ${text}` };
}
