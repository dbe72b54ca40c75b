/**
 * The metadata of the cluster: what the controllers agree on.
 *
 * What lives here: the image and the records that it is made of (`image.ts`), the commands and what they come to
 * (`commands.ts`, `rules/`), who leads (`election.ts`), and `MetadataMachine`, which Raft replicates.
 *
 * What it promises: all of it is a function of the commands, in their order. A command is checked where it is applied,
 * and there alone, so what it was based on is what it finds. Its records come together. Whoever leads by a clean
 * election was in the ISR, or in the ELR, where the high watermark has not moved without it (KIP-966); where only those
 * are left whose disks may have lost something, the longest of their logs counts (`rules/recovery.ts`). Every leader has
 * an epoch of its own. An image never changes once somebody has it.
 *
 * What it does not: it knows no time, so it fences nobody by itself, and it believes what brokers say of themselves.
 * A topic is not deleted, and its configuration does not change.
 */
export {
  decodeMetadataCommand,
  decodeMetadataResult,
  encodeMetadataCommand,
  encodeMetadataResult,
} from "./commands.js";
export { EMPTY_IMAGE, applyRecord, applyRecords, isActive, type PartitionEntry } from "./image.js";
export { MetadataMachine, type MetadataMachineOptions } from "./machine.js";
export { needsRecovery } from "./rules/recovery.js";
export { MAX_PARTITIONS } from "./rules/topics.js";
export type * from "./types.js";
