/**
 * What consumer groups promise: each partition is one member's at a time, and all that is in the log is processed.
 *
 * What lives here: `assignment.ts` and `balance.ts` judge a generation by itself, `generations.ts` how they follow each other,
 * `members.ts` what coordinators that assign have of each member (KIP-848), `holders.ts` what members have and give out. `ownership.ts` is what
 * tells the protocols apart, `by-generation.ts` and `by-member.ts` the two. `progress.ts` knows how far a group is, and
 * `oracle.ts` is what scenarios tell.
 *
 * What it promises: of a generation's owners, of commits (never past what was processed, never back, never by whoever is
 * not in the generation), of where members begin, and of what was processed in the end. It goes by generations, or by who is in
 * the group: a member that is cut off learns late that it owns nothing any more, which is no finding. What it does not: a member that seeks.
 */
export { GroupOracle, type GroupOracleOptions } from "./oracle.js";
export type {
  AssignorPromise,
  CommitTold,
  CommittedAsked,
  GenerationTold,
  GivenTold,
  GroupBroken,
  GroupRule,
  HolderTold,
  AbsentTold,
  MemberEpochTold,
  MemberLeftTold,
  MemberTold,
  PartitionNamed,
} from "./types.js";
