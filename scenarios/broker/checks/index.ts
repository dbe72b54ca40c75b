/**
 * What a replicated log promises of its inside, checked while it runs from what brokers and controllers observe.
 *
 * What it promises: one leader an epoch; what was ever exposed as committed stays, is the same on every replica that
 * takes it for committed, and is on each that is in sync at that time; each new leader has all of it; brokers go by a
 * prefix of what the controllers agreed on. What it does not: what clients see is the oracle's (`sim/check/partition`).
 */
export { BrokerChecks, type BrokerChecksOptions, type BrokerStats } from "./broker-checks.js";
export type { PartitionModel } from "./partition-model.js";
export type { ReplicaLog } from "./replica-log.js";
