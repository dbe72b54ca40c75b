/** The fields of `engines/bytes`, with Raft's errors. */
import * as bytes from "../../bytes/index.js";
import { badArgument, badFormat } from "../errors.js";

type Put<T> = (sink: bytes.Sink, value: T) => void;

/** Throws RAFT_BAD_ARGUMENT where a text has a lone surrogate. */
export function encodeWith<T>(put: Put<T>, value: T): Uint8Array {
  return bytes.encodeWith(put, value, badArgument);
}

export function sizeWith<T>(put: Put<T>, value: T): number {
  return bytes.sizeWith(put, value, badArgument);
}

/** Throws RAFT_BAD_FORMAT for what is not there. `where` names the bytes in errors. */
export function readerOf(source: Uint8Array, where: string): bytes.ByteReader {
  return new bytes.ByteReader(source, where, badFormat);
}
