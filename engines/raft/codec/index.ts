/**
 * The bytes of Raft: messages on the wire, records in the journal, configurations, snapshot headers.
 *
 * What lives here: one encoder and one decoder for each, and the sink and reader of `engines/bytes`
 * with Raft's errors. FORMAT.md, one folder up, has the layouts and the rules for new versions.
 *
 * What it promises: the same value gives the same bytes on every machine; a decoder takes what an encoder of
 * its version, of a lower one or of a higher one wrote, and throws RAFT_BAD_FORMAT for all else. Decoded data
 * may be views of what was decoded.
 *
 * What it does not: it has no checksums, which are the business of the network's frames and of the log, and it
 * does not judge whether a message makes sense for the protocol.
 */

export { encodeWith, readerOf } from "./bytes.js";
export { decodeConfiguration, encodeConfiguration } from "./configuration.js";
export { raftMessageType } from "./message-type.js";
export { decodeRecord, encodeRecord, type JournalRecord } from "./record.js";
export { decodeSnapshotHeader, encodeSnapshotHeader, type SnapshotHeader } from "./snapshot-header.js";
export { decodeTable, encodeTable } from "./table.js";
export { LATEST_FORMAT, type FormatVersion } from "./version.js";
