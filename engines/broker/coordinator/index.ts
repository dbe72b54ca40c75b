/**
 * What all coordinators have in common: what they know is a machine over the records of one partition of an internal
 * topic, at the broker that leads it.
 *
 * What lives here: `Coordinator`, which keeps a shard for each partition that this broker leads; the shard, which reads
 * its log, appends and replays; which partition an id belongs to; and the internal topics themselves.
 *
 * What it promises: a shard is seen once all of its log has been replayed (KAFKA-5600), and is over with the leader epoch
 * it began in. Nothing is answered before all is committed that the answer rests on, so no answer is ever taken back.
 *
 * What it does not: two brokers may believe for a while that they lead. The one that was replaced commits nothing any
 * more, but may still read what it knew: members are told apart by generation and epoch, not by whom they asked.
 */
export { Coordinator, type CoordinatorPlan } from "./coordinator.js";
export {
  GROUPS_TOPIC,
  TRANSACTIONS_TOPIC,
  coordinatorPartition,
  internalConfig,
  internalTopicOf,
  isInternal,
  internalTopicsOf,
  type InternalTopicOptions,
  type InternalTopics,
} from "./internal-topics.js";
export type * from "./types.js";
