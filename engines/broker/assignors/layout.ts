import { assert } from "../../env/index.js";
import type { TopicPartition } from "../types.js";
import type { GroupAssignment, GroupMember, PartitionCounts } from "./types.js";

/** No member. */
export const NOBODY = -1;

/** A topic that some member subscribes to. */
export interface LaidOutTopic {
  readonly name: string;
  readonly partitions: number;
  /** The number of its partition 0. */
  readonly first: number;
  /** Ascending. */
  readonly subscribers: readonly number[];
}

/** For each partition the member that has it, or `NOBODY`. */
export type Owners = Int32Array<ArrayBuffer>;

/**
 * Members and partitions as numbers from 0 on. Static members come first, by instance id: whatever member ids they have
 * after a restart, their order is the same. Partitions are numbered by topic, those of topics without subscribers left out.
 */
export class Layout {
  readonly members: readonly GroupMember[];
  readonly topics: readonly LaidOutTopic[];
  readonly partitionCount: number;
  /** For each partition the index of its topic. */
  readonly topicOf: Int32Array;
  readonly #byName: ReadonlyMap<string, LaidOutTopic>;

  constructor(members: readonly GroupMember[], partitions: PartitionCounts) {
    this.members = members.toSorted(compareMembers);
    assert(new Set(members.map(({ memberId }) => memberId)).size === members.length, "member ids differ");
    this.topics = layOut(this.members, partitions);
    this.#byName = new Map(this.topics.map((topic) => [topic.name, topic]));
    const last = this.topics.at(-1);
    this.partitionCount = last === undefined ? 0 : last.first + last.partitions;
    this.topicOf = new Int32Array(this.partitionCount);
    for (const [index, topic] of this.topics.entries()) {
      this.topicOf.fill(index, topic.first, topic.first + topic.partitions);
    }
  }

  /** Whether all members subscribe to the same, as far as it is there. */
  get isUniform(): boolean {
    return this.topics.every(({ subscribers }) => subscribers.length === this.members.length);
  }

  /** Undefined where it is not there, or nobody subscribes to it. */
  numberOf({ topic, partition }: TopicPartition): number | undefined {
    const found = this.#byName.get(topic);
    return found === undefined || partition >= found.partitions ? undefined : found.first + partition;
  }

  isSubscribed(member: number, partition: number): boolean {
    return this.topics[this.topicOf[partition]!]!.subscribers.includes(member);
  }

  nobodys(): Owners {
    return new Int32Array(this.partitionCount).fill(NOBODY);
  }

  /** How many each member has. */
  loads(owners: Owners): number[] {
    const loads = this.members.map(() => 0);
    for (const owner of owners) if (owner !== NOBODY) loads[owner]!++;
    return loads;
  }

  assignment(owners: Owners): GroupAssignment {
    const lists = this.members.map((): TopicPartition[] => []);
    for (const { name, partitions, first } of this.topics) {
      for (let partition = 0; partition < partitions; partition++) {
        lists[owners[first + partition]!]?.push({ topic: name, partition });
      }
    }
    return new Map(this.members.map(({ memberId }, index) => [memberId, lists[index]!]));
  }
}

function layOut(members: readonly GroupMember[], partitions: PartitionCounts): LaidOutTopic[] {
  const subscribers = new Map<string, number[]>();
  for (const [index, { topics }] of members.entries()) {
    for (const topic of new Set(topics)) {
      const known = subscribers.get(topic);
      if (known === undefined) subscribers.set(topic, [index]);
      else known.push(index);
    }
  }
  const topics: LaidOutTopic[] = [];
  let first = 0;
  for (const name of [...subscribers.keys()].toSorted(compareTexts)) {
    const count = partitions.get(name) ?? 0;
    if (count === 0) continue;
    topics.push({ name, partitions: count, first, subscribers: subscribers.get(name)! });
    first += count;
  }
  return topics;
}

function compareMembers(a: GroupMember, b: GroupMember): number {
  if (a.instanceId !== undefined && b.instanceId !== undefined && a.instanceId !== b.instanceId) {
    return compareTexts(a.instanceId, b.instanceId);
  }
  if ((a.instanceId === undefined) !== (b.instanceId === undefined))
    return a.instanceId === undefined ? 1 : -1;
  return compareTexts(a.memberId, b.memberId);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
