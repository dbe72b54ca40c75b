/**
 * One partition at one broker, as a leader or a follower.
 *
 * What lives here: `Partition`, which becomes what the metadata says; `Leadership` and `Following`, which are its two
 * roles, each for one epoch; the rules of the ISR and the high watermark (`isr.ts`), of fetches (`fetch-rules.ts`) and
 * of truncation (`truncation.ts`), without effects; what is being asked about transactions (`verification.ts`); and `Fetcher`, which follows one leader for all partitions.
 *
 * What it promises: a leader commits what every member of the maximal ISR has stored, and nothing while the ISR is below
 * the topic's minimum (KIP-966). The high watermark never goes back but before the log itself does. A follower's log
 * is cut back to what it shares with the leader's before it grows, by the epochs (KIP-101, KIP-279); what belongs to an
 * epoch that is over changes nothing. No batch opens a transaction that a marker ended while it was asked about (KIP-890).
 *
 * What it does not: it knows no files but through `PartitionLog`, and no controller but through `PartitionHost`. It
 * trusts that the metadata comes in order.
 */
export { Fetcher, type FetchPace, type FetcherPlan } from "./fetcher.js";
export type { Following } from "./following.js";
export type { Durability, PartitionHost } from "./host.js";
export { admitFetch, knowsEnd, listOffset, readFor, type Admission } from "./leader-reads.js";
export { Lifeline } from "./lifeline.js";
export {
  Partition,
  type LeadershipWatcher,
  type PartitionInspection,
  type PartitionPlan,
} from "./partition.js";
export { isLogFailure } from "./replica-log.js";
export { Throttle } from "./throttle.js";
export type { VerificationGuard } from "./verification.js";
export type { WaitOutcome } from "./waiters.js";
