/**
 * Record batches, Kafka's magic 2 (KIP-98): what producers send, leaders stamp, logs keep and consumers take apart.
 *
 * What lives here: encoding and decoding, and the checks of a batch; FORMAT.md has the layout. What it promises: the
 * bytes are those that Kafka documents; no length is believed before it is bounded; a batch whose checksum fits but
 * whose records make no sense is refused. What it does not: no compression, and no timestamps of the log's own time
 * (`LogAppendTime`): batches that ask for them are refused. Offset and leader epoch are outside of the checksum, as
 * Kafka has it: what keeps batches has to check these by their neighbours.
 */
export { batchSeen, batchesOf, batchesSeen, checkNewBatch, recordsOf } from "./decode.js";
export { NO_PRODUCER, encodeBatch, keepRecords } from "./encode.js";
export { encodeMarker, markerOf } from "./marker.js";
export { BATCH_HEADER_BYTES, batchProblem, claimedSizeBytes, readBatchHeader, stampBatch } from "./header.js";
export * from "./types.js";
