/**
 * The consumer: `consumer.ts` gives records out, `fetcher.ts` asks leaders for them, `cursor.ts` is one partition's
 * position with what was fetched behind it, and `offset-lookup.ts` asks where logs begin and end.
 */
export { Consumer, type PolledRecords } from "./consumer.js";
export type { Isolation } from "../../protocol/index.js";
export type { ConsumerOptions, OffsetReset, OnTruncation } from "./options.js";
