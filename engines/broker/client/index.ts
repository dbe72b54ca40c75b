/**
 * What programs use of the broker: producers, consumers by assigned partitions or in groups, and administration.
 *
 * What lives here: `ClusterView`, which knows who leads what and is shared; `Producer`, `Consumer`, `GroupConsumer` and
 * `Admin`; `coordinator-link.ts` finds coordinators for them. What it promises: records of a partition stay in the order in which they were sent and are in the log once;
 * whoever is told of an error is told whether the record may be there all the same; a consumer skips nothing that is
 * committed, and hands out nothing that fails its checksum; with `read_committed`, of transactions only what was
 * committed. A transaction is committed as a whole or not at all, once whatever becomes of its producer. After `close`, no
 * timer is left. What it does not: records of transactions are read like others by whoever does not ask for `read_committed`.
 */
export { Admin, USUAL_TOPIC_CONFIG, type ControllerCaller, type NewTopic } from "./admin.js";
export { ClusterView, type ClusterViewOptions, type KnownLeader } from "./cluster-view.js";
export { ProducerError, type ProducerOutcome } from "./errors.js";
export * from "./producer/index.js";
export * from "./consumer/index.js";
export * from "./group/index.js";
