/** The target assignment: who is to have what, for a group epoch. */
import { ASSIGNORS, type GroupAssignment, type PartitionCounts } from "../../assignors/index.js";
import { assert } from "../../../env/index.js";
import type { ServerAssignor } from "../../protocol/index.js";
import type { TopicPartition } from "../../types.js";
import { areSame } from "./partitions.js";
import type { ConsumerGroup, ConsumerMember, ConsumerRules } from "./types.js";

/**
 * How far the epoch goes up: by one for what members give up, and by one for what they get (`reconcile.ts`). KIP-848 goes
 * up by one, and is told what a member has over a connection, in order. Here requests may come late, and what one of them
 * says must not be taken for what the member has now.
 */
export const EPOCH_STEP = 2;

/** `after`, whose members may be others than those of `before`, with a target of its own if it needs one. */
export function retargeted(before: ConsumerGroup, after: ConsumerGroup, rules: ConsumerRules): ConsumerGroup {
  const partitions = countsOf(after, rules);
  const assignor = assignorOf(after, rules);
  const isDue =
    haveChanged(before.members, after.members) ||
    areOtherCounts(partitions, before.head.partitions) ||
    assignor !== before.head.assignor;
  return isDue ? withTarget(after, partitions, assignor, rules.nowMs) : after;
}

function withTarget(
  group: ConsumerGroup,
  partitions: PartitionCounts,
  assignor: ServerAssignor,
  nowMs: number,
): ConsumerGroup {
  const { members, targets, head } = group;
  const asked = [...members.values()].map(({ memberId, instanceId, topics }) => {
    return { memberId, instanceId, topics, owned: targets.get(memberId) ?? [], generation: head.epoch };
  });
  const found = ASSIGNORS.get(assignor)!.assign(asked, partitions);
  const isEmpty = members.size === 0;
  const emptySinceMs = isEmpty ? (head.emptySinceMs ?? nowMs) : undefined;
  return {
    ...group,
    head: { epoch: head.epoch + EPOCH_STEP, assignor, emptySinceMs, partitions },
    targets: keeping(targets, found),
  };
}

/** Whose target stays has it as it was: nothing is written of it. */
function keeping(before: ConsumerGroup["targets"], found: GroupAssignment): ConsumerGroup["targets"] {
  return new Map(
    [...found].map(([id, next]): [string, readonly TopicPartition[]] => {
      const known = before.get(id);
      return [id, known !== undefined && areSame(known, next) ? known : next];
    }),
  );
}

/** Whether others take part, or want something else. An instance is itself, whatever its member id. */
function haveChanged(
  before: ReadonlyMap<string, ConsumerMember>,
  after: ReadonlyMap<string, ConsumerMember>,
): boolean {
  if (before === after) return false;
  const known = subscriptions(before);
  const now = subscriptions(after);
  return known.size !== now.size || [...now].some(([place, topics]) => known.get(place) !== topics);
}

function subscriptions(members: ReadonlyMap<string, ConsumerMember>): Map<string, string> {
  return new Map(
    [...members.values()].map(({ memberId, instanceId, topics }) => {
      const place = instanceId === undefined ? `member ${memberId}` : `instance ${instanceId}`;
      return [place, JSON.stringify([...new Set(topics)].toSorted())];
    }),
  );
}

/** What most members prefer, of those that prefer anything; the first by name where it is even. */
function assignorOf({ members, head }: ConsumerGroup, { defaultAssignor }: ConsumerRules): ServerAssignor {
  if (members.size === 0) return head.assignor;
  const votes = new Map<ServerAssignor, number>();
  for (const { assignor } of members.values()) {
    if (assignor !== undefined) votes.set(assignor, (votes.get(assignor) ?? 0) + 1);
  }
  let best: ServerAssignor | undefined;
  for (const name of [...votes.keys()].toSorted()) {
    if (best === undefined || votes.get(name)! > votes.get(best)!) best = name;
  }
  return best ?? defaultAssignor;
}

/**
 * How many partitions there are of what members subscribe to. A topic never shrinks: a coordinator whose metadata is behind
 * its predecessor's must not take partitions away.
 */
function countsOf({ members, head }: ConsumerGroup, { partitionsOf }: ConsumerRules): PartitionCounts {
  const topics = new Set([...members.values()].flatMap(({ topics: wanted }) => wanted));
  const counts = new Map<string, number>();
  for (const topic of [...topics].toSorted()) {
    const count = Math.max(partitionsOf(topic) ?? 0, head.partitions.get(topic) ?? 0);
    assert(Number.isSafeInteger(count), "partitions can be counted");
    if (count > 0) counts.set(topic, count);
  }
  return counts;
}

function areOtherCounts(left: PartitionCounts, right: PartitionCounts): boolean {
  return left.size !== right.size || [...left].some(([topic, count]) => right.get(topic) !== count);
}
