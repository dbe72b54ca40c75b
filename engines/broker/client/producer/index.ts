/**
 * The producer: `producer.ts` takes records in, `topic-queue.ts` finds their partitions, `partition-queue.ts` sends the
 * batches of one partition in order (KIP-98, KIP-360), and `verdict.ts` says what an answer means. `transactions.ts` has
 * what is to be said to coordinators (KIP-98, KIP-447, KIP-890).
 */
export type { ProducerOptions } from "./options.js";
export { partitionOfKey } from "./partitioner.js";
export type { OutgoingRecord, RecordPlace } from "./pending-record.js";
export { Producer } from "./producer.js";
