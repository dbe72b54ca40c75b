/**
 * Consumers that share topics as members of a group: by the classic protocol, eager or cooperative (KIP-429), where one of
 * them assigns, or by the one in which the coordinator does (KIP-848).
 *
 * What lives here: `group-consumer.ts` is what programs use; `membership.ts` is what it knows of a member, and `classic/` and
 * `consumer/` are the two kinds, by protocol. `handover.ts` calls the program when partitions come and go, `holdings.ts` has
 * them and where to read them from, `commits.ts` commits. `poll-deadline.ts` notices a program that does not come back.
 *
 * What it promises: what was not committed is given out again, by whoever has the partition next. A member that is told that
 * it is none any more commits nothing, and gives out nothing more. One that is merely not answered stays what it is. A
 * cooperative member, or one of KIP-848, that gives up a partition has done so before another is assigned it. What it does not: a member that is
 * cut off learns late that it was removed; what it gives out until then, others give out, too.
 */
export type { GroupConsumerEvent, GroupConsumerMark } from "./events.js";
export { GROUP_CONSUMER_MARKS } from "./events.js";
export { GroupConsumer, type Commit } from "./group-consumer.js";
export type { GroupConsumerOptions, GroupProtocol, RebalanceListener } from "./options.js";
export {
  ASSIGNMENT,
  SUBSCRIPTION,
  type Assignment,
  type ServerAssignor,
  type Subscription,
} from "../../protocol/index.js";
