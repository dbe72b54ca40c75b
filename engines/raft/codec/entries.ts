/** Places and entries: what messages and journal records share. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import type { Entry, EntryKind, LogPosition, Term } from "../types.js";

/** A kind's place is its number. */
const KINDS: readonly EntryKind[] = ["noop", "command", "configuration"];
const KIND_BITS = 0x03;
/** The entry's term is given, since it is not that of the entry before. */
const NEW_TERM = 0x04;

export function putPosition(sink: Sink, { index, term }: LogPosition): void {
  sink.integer(index);
  sink.integer(term);
}

export function readPosition(reader: ByteReader): LogPosition {
  return { index: reader.integer(), term: reader.integer() };
}

/** Dense entries: how many, the first one's index, then each without its index, and mostly without its term. */
export function putEntries(sink: Sink, entries: readonly Entry[]): void {
  sink.integer(entries.length);
  if (entries.length === 0) return;
  let index = entries[0]!.index;
  let term: Term = 0;
  sink.integer(index);
  for (const entry of entries) {
    assert(entry.index === index++, "entries that go together are dense");
    assert(entry.kind !== "noop" || entry.data.length === 0, "a no-op has no data");
    const isNewTerm = entry.term !== term;
    term = entry.term;
    sink.byte(KINDS.indexOf(entry.kind) | (isNewTerm ? NEW_TERM : 0));
    if (isNewTerm) sink.integer(term);
    sink.bytes(entry.data);
  }
}

/** The entries; their data are views. */
export function readEntries(reader: ByteReader): Entry[] {
  const count = reader.integer();
  const entries: Entry[] = [];
  if (count === 0) return entries;
  const first = reader.integer();
  if (first < 1 || !Number.isSafeInteger(first + count)) reader.fail("an index from 1 on", `${first}`);
  // Nothing is allocated for `count`: what it promises has to be there.
  for (let i = 0, term = 0; i < count; i++) {
    const flags = reader.flags(KIND_BITS | NEW_TERM);
    const kind = KINDS[flags & KIND_BITS];
    if (kind === undefined) return reader.fail("a kind of entry", `${flags}`);
    if ((flags & NEW_TERM) !== 0) term = reader.integer();
    if (term < 1) reader.fail("a term from 1 on", `${term}`);
    const data = reader.bytes();
    if (kind === "noop" && data.length > 0) reader.fail("a no-op without data", `${data.length} bytes`);
    entries.push({ index: first + i, term, kind, data });
  }
  return entries;
}
