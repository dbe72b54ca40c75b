/** What a snapshot says about itself: a chunk of its own, before those of the state machine. */
import type { Sink } from "../../bytes/index.js";
import type { SnapshotMeta } from "../types.js";
import { encodeWith, readerOf } from "./bytes.js";
import { putConfiguration, readConfiguration } from "./configuration.js";
import { putPosition, readPosition } from "./entries.js";
import { readEnd, readVersion } from "./version.js";

export interface SnapshotHeader {
  readonly meta: SnapshotMeta;
  /** The digest of all that was applied up to `meta.index`. */
  readonly digest: number;
}

const VERSION = 1;

export function encodeSnapshotHeader(header: SnapshotHeader): Uint8Array {
  return encodeWith(put, header);
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeSnapshotHeader(bytes: Uint8Array): SnapshotHeader {
  const reader = readerOf(bytes, "a snapshot's header");
  const version = readVersion(reader);
  const position = readPosition(reader);
  const header = {
    meta: { ...position, configuration: readConfiguration(reader) },
    digest: reader.integer(),
  };
  readEnd(reader, version, VERSION);
  return header;
}

function put(sink: Sink, { meta, digest }: SnapshotHeader): void {
  sink.integer(VERSION);
  putPosition(sink, meta);
  putConfiguration(sink, meta.configuration);
  sink.integer(digest);
}
