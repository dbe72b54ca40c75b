/** Raft's messages as the network knows them. */
import type { Sink } from "../../bytes/index.js";
import type { MessageType } from "../../env/index.js";
import type { RaftMessage } from "../types.js";
import { encodeWith, readerOf } from "./bytes.js";
import { putMessage, readMessage } from "./messages.js";
import { readEnd, readVersion, type FormatVersion } from "./version.js";

/** "RAFT" in ASCII. */
const ID = 0x52414654;

/**
 * All messages between servers, as a program that knows formats up to `formatVersion` writes and reads them.
 * `decode` throws RAFT_BAD_FORMAT; entries' data and chunks are views of the bytes.
 */
export function raftMessageType(formatVersion: FormatVersion): MessageType<RaftMessage> {
  const put = (sink: Sink, message: RaftMessage): void => {
    sink.integer(formatVersion);
    putMessage(sink, message, formatVersion);
  };
  const decode = (bytes: Uint8Array): RaftMessage => {
    const reader = readerOf(bytes, "a Raft message");
    const version = readVersion(reader);
    const message = readMessage(reader, Math.min(version, formatVersion));
    readEnd(reader, version, formatVersion);
    return message;
  };
  return { id: ID, name: "raft", encode: (message) => encodeWith(put, message), decode };
}
