/**
 * The coordinator of consumer groups: who takes part, which generation it is, who has what, and how far each group has come.
 *
 * What lives here: `GroupCoordinator`, for all groups of this broker; `Groups`, those of one shard; the machine and its
 * records (FORMAT.md), which a successor knows them by; `classic/`, the rules of membership where the members assign
 * (JoinGroup, SyncGroup; KIP-62, KIP-345, KIP-394, KIP-814); and offsets, in transactions too (KIP-447).
 *
 * What it promises: a generation has one assignment, and is committed before anybody hears of it. Offsets are taken
 * from members of the present generation, or from anybody while there are no members. They go only when a group has been empty,
 * and they have been there, for the retention time.
 *
 * What it does not: it knows nothing of what members tell each other (subscriptions, assignments): bytes to it. A group
 * is not told of changed topics: its leader has to see them.
 */
export { GroupCoordinator, type GroupCoordinatorPlan } from "./coordinator.js";
export {
  GROUP_MARKS,
  type GenerationSeen,
  type GroupEvent,
  type GroupMark,
  type GroupMemberSeen,
  type LeftReason,
} from "./events.js";
export { groupSettingsOf, type GroupOptions, type GroupSettings } from "./options.js";
export { MemberIdRequired } from "./refusals.js";
