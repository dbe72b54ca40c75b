/** Whether a generation shares out as evenly as its assignor promises. */
import type { AssignorPromise, MemberTold, PartitionNamed } from "./types.js";

/** Topics of which nobody has anything count for nothing: the leader may not know them. What is uneven; undefined: nothing. */
export function imbalance(
  members: readonly MemberTold[],
  balances: AssignorPromise["balances"],
): string | undefined {
  const topics = new Set(members.flatMap(({ partitions }) => partitions.map(topicOf)));
  if (balances === "each-topic") return [...topics].map((topic) => unevenTopic(members, topic)).find(isText);
  const isUniform = [...topics].every((topic) => members.every((member) => member.topics.includes(topic)));
  if (!isUniform) return balances === "all" ? unevenByChain(members) : undefined;
  return uneven(
    members.map(({ partitions }) => partitions.length),
    "all partitions",
  );
}

export function topicOf(partition: PartitionNamed): string {
  return partition.slice(0, partition.lastIndexOf("-"));
}

function unevenTopic(members: readonly MemberTold[], topic: string): string | undefined {
  const subscribers = members.filter(({ topics }) => topics.includes(topic));
  const shares = subscribers.map(
    ({ partitions }) => partitions.filter((each) => topicOf(each) === topic).length,
  );
  return uneven(shares, `the partitions of ${topic}`);
}

function uneven(shares: readonly number[], what: string): string | undefined {
  if (Math.max(...shares) - Math.min(...shares) <= 1) return undefined;
  return `${what} are shared out ${shares.join(" ")}`;
}

/** Somebody could pass a partition on, by way of others or not, to a member that has at least two fewer (KIP-54). */
function unevenByChain(members: readonly MemberTold[]): string | undefined {
  for (const from of members) {
    const reached = new Set([from]);
    for (const member of reached) {
      const passes = new Set(member.partitions.map(topicOf));
      for (const to of members) if (to.topics.some((topic) => passes.has(topic))) reached.add(to);
    }
    const least = [...reached].find(({ partitions }) => from.partitions.length - partitions.length >= 2);
    if (least !== undefined) {
      const [more, fewer] = [from.partitions.length, least.partitions.length];
      return `${from.memberId} has ${more}, and could pass some on to ${least.memberId}, which has ${fewer}`;
    }
  }
  return undefined;
}

function isText(found: string | undefined): found is string {
  return found !== undefined;
}
