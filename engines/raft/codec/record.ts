/** A journal record's bytes: one `Persist`. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import type { Persist } from "../storage.js";
import type { HardState } from "../types.js";
import { encodeWith, readerOf } from "./bytes.js";
import { putEntries, putPosition, readEntries, readPosition } from "./entries.js";
import { LATEST_FORMAT, readEnd, readVersion, type FormatVersion } from "./version.js";

export interface JournalRecord {
  readonly persist: Persist;
  /** When it was written by that machine's wall clock, for people. Format 2; 0 where the record has none. */
  readonly writtenUs: number;
}

const HARD_STATE = 0x01;
const VOTE = 0x02;
const REBASE = 0x04;
const KEEPS_LOG = 0x08;
const REPAIRED = 0x10;
const ALL_FLAGS = 0x1f;

/** `writtenUs` of a clock that shows a time before 1970 is written as 0. */
export function encodeRecord(persist: Persist, writtenUs: number, formatVersion: FormatVersion): Uint8Array {
  return encodeWith(put, { persist, writtenUs: Math.max(0, writtenUs), formatVersion });
}

/**
 * Reads a record as a program of `formatVersion` does. Throws RAFT_BAD_FORMAT. The entries' data are views of
 * `bytes`.
 */
export function decodeRecord(bytes: Uint8Array, formatVersion: FormatVersion = LATEST_FORMAT): JournalRecord {
  const reader = readerOf(bytes, "a journal record");
  const version = readVersion(reader);
  const flags = reader.flags(ALL_FLAGS);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if ((has(VOTE) && !has(HARD_STATE)) || (has(KEEPS_LOG) && !has(REBASE))) {
    reader.fail("flags that fit together", `${flags}`);
  }
  const hardState = has(HARD_STATE) ? readHardState(reader, has(VOTE)) : undefined;
  const rebase = has(REBASE) ? { ...readPosition(reader), keepsLog: has(KEEPS_LOG) } : undefined;
  const entries = readEntries(reader);
  const writtenUs = Math.min(version, formatVersion) >= 2 ? reader.integer() : 0;
  readEnd(reader, version, formatVersion);
  return { persist: { hardState, entries, rebase, repaired: has(REPAIRED) }, writtenUs };
}

function readHardState(reader: ByteReader, hasVote: boolean): HardState {
  return { term: reader.integer(), vote: hasVote ? reader.text() : undefined };
}

function put(sink: Sink, record: JournalRecord & { readonly formatVersion: FormatVersion }): void {
  const { hardState, rebase, entries } = record.persist;
  sink.integer(record.formatVersion);
  sink.byte(flagsOf(record.persist));
  if (hardState !== undefined) {
    sink.integer(hardState.term);
    if (hardState.vote !== undefined) sink.text(hardState.vote);
  }
  if (rebase !== undefined) putPosition(sink, rebase);
  putEntries(sink, entries);
  if (record.formatVersion >= 2) sink.integer(record.writtenUs);
}

function flagsOf({ hardState, rebase, repaired }: Persist): number {
  let flags = repaired ? REPAIRED : 0;
  if (hardState !== undefined) flags |= hardState.vote === undefined ? HARD_STATE : HARD_STATE | VOTE;
  if (rebase !== undefined) flags |= rebase.keepsLog ? REBASE | KEEPS_LOG : REBASE;
  return flags;
}
