/**
 * The coordinator of consumer groups: who takes part, which generation it is, who has what, and how far each group has come.
 *
 * What lives here: `GroupCoordinator`, for all groups of this broker; `Groups`, those of one shard; the machine and its
 * records (FORMAT.md), which a successor knows them by; `classic/`, the rules of membership where the members assign
 * (JoinGroup, SyncGroup; KIP-62, KIP-345, KIP-394, KIP-814); `consumer/`, those where the coordinator does (KIP-848, KIP-1082,
 * KIP-1251): functions from what is written to what is to be, and timers; `conversion.ts`, by which an empty group of one
 * kind becomes one of the other; and offsets, in transactions too (KIP-447).
 *
 * What it promises: a generation has one assignment, and is committed before anybody hears of it. By KIP-848 no partition is
 * given to a member before whoever had it has said that it gave it up, or is no member any more; what a member once said is
 * not taken for what it has now, however late it comes. Offsets are taken from members of the present generation, by KIP-848
 * from whoever has the partition, or from anybody while there are no members. They go only when a group has been empty,
 * and they have been there, for the retention time.
 *
 * What it does not: it knows nothing of what members of classic groups tell each other (subscriptions, assignments): bytes to
 * it. Such a group is not told of changed topics: its leader has to see them. A group with members stays of its kind; topics
 * are subscribed to by name, not by pattern.
 */
export { GroupCoordinator, type GroupCoordinatorPlan } from "./coordinator.js";
export {
  GROUP_MARKS,
  type ConsumerGroupState,
  type GenerationSeen,
  type GroupEvent,
  type GroupMark,
  type GroupMemberSeen,
  type LeftReason,
  type MemberEpochSeen,
} from "./events.js";
export { groupSettingsOf, type GroupOptions, type GroupSettings } from "./options.js";
export { MemberIdRequired } from "./refusals.js";
