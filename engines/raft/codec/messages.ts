/** The bytes of each kind of message, behind the version. FORMAT.md has the picture. */
import { putTexts, readTexts, type ByteReader, type Sink } from "../../bytes/index.js";
import type { LogIndex, RaftMessage, Term } from "../types.js";
import { putEntries, putPosition, readEntries, readPosition } from "./entries.js";
import type { FormatVersion } from "./version.js";

type Kind = RaftMessage["kind"];
type MessageOf<K extends Kind> = Extract<RaftMessage, { readonly kind: K }>;

/** What stands behind a message's kind and term. */
interface Fields<M extends RaftMessage> {
  put(sink: Sink, message: M, version: FormatVersion): void;
  /** `version`: the highest whose fields are both in the bytes and known to the reader. */
  read(reader: ByteReader, term: Term, version: number): M;
}

/** A kind's place is its number, so new ones are added at the end. */
const KINDS: readonly (Kind | undefined)[] = [
  undefined,
  "preVote",
  "preVoteResponse",
  "vote",
  "voteResponse",
  "append",
  "appendResponse",
  "heartbeat",
  "heartbeatResponse",
  "snapshotChunk",
  "snapshotChunkResponse",
  "timeoutNow",
  "repairRequest",
  "repairResponse",
];
const NUMBERS: ReadonlyMap<Kind | undefined, number> = new Map(KINDS.map((kind, number) => [kind, number]));

const ACCEPTED = 0x01;
const REPAIRING = 0x02;

/** What format 1 does not tell. */
const APPLIED_UNKNOWN: LogIndex = 0;

const FIELDS: { readonly [K in Kind]: Fields<MessageOf<K>> } = {
  preVote: {
    put(sink, { last }) {
      putPosition(sink, last);
    },
    read: (reader, term) => ({ kind: "preVote", term, last: readPosition(reader) }),
  },
  preVoteResponse: {
    put(sink, { granted }) {
      putBoolean(sink, granted);
    },
    read: (reader, term) => ({ kind: "preVoteResponse", term, granted: readBoolean(reader) }),
  },
  vote: {
    put(sink, { last, transfer }) {
      putPosition(sink, last);
      putBoolean(sink, transfer);
    },
    read(reader, term) {
      return { kind: "vote", term, last: readPosition(reader), transfer: readBoolean(reader) };
    },
  },
  voteResponse: {
    put(sink, { granted }) {
      putBoolean(sink, granted);
    },
    read: (reader, term) => ({ kind: "voteResponse", term, granted: readBoolean(reader) }),
  },
  append: {
    put(sink, { previous, entries, commit, round }) {
      putPosition(sink, previous);
      sink.integer(commit);
      sink.integer(round);
      putEntries(sink, entries);
    },
    read(reader, term) {
      const previous = readPosition(reader);
      const commit = reader.integer();
      const round = reader.integer();
      return { kind: "append", term, previous, entries: readEntries(reader), commit, round };
    },
  },
  appendResponse: {
    put(sink, { accepted, index, hint, round, isRepairing, applied }, version) {
      sink.byte((accepted ? ACCEPTED : 0) | (isRepairing ? REPAIRING : 0));
      sink.integer(index);
      putPosition(sink, hint);
      sink.integer(round);
      if (version >= 2) sink.integer(applied);
    },
    read(reader, term, version) {
      const flags = reader.flags(ACCEPTED | REPAIRING);
      return {
        kind: "appendResponse",
        term,
        accepted: (flags & ACCEPTED) !== 0,
        index: reader.integer(),
        hint: readPosition(reader),
        round: reader.integer(),
        isRepairing: (flags & REPAIRING) !== 0,
        applied: version >= 2 ? reader.integer() : APPLIED_UNKNOWN,
      };
    },
  },
  heartbeat: {
    put(sink, { commit, round }) {
      sink.integer(commit);
      sink.integer(round);
    },
    read: (reader, term) => ({ kind: "heartbeat", term, commit: reader.integer(), round: reader.integer() }),
  },
  heartbeatResponse: {
    put(sink, { round, isRepairing }) {
      sink.integer(round);
      putBoolean(sink, isRepairing);
    },
    read(reader, term) {
      return { kind: "heartbeatResponse", term, round: reader.integer(), isRepairing: readBoolean(reader) };
    },
  },
  snapshotChunk: {
    put(sink, { snapshot, chunk, isLast, bytes }) {
      putPosition(sink, snapshot);
      sink.integer(chunk);
      putBoolean(sink, isLast);
      sink.bytes(bytes);
    },
    read(reader, term) {
      const snapshot = readPosition(reader);
      const chunk = reader.integer();
      const isLast = readBoolean(reader);
      return { kind: "snapshotChunk", term, snapshot, chunk, isLast, bytes: reader.bytes() };
    },
  },
  snapshotChunkResponse: {
    put(sink, { snapshot, nextChunk }) {
      putPosition(sink, snapshot);
      sink.integer(nextChunk);
    },
    read(reader, term) {
      const snapshot = readPosition(reader);
      return { kind: "snapshotChunkResponse", term, snapshot, nextChunk: reader.integer() };
    },
  },
  timeoutNow: {
    put: () => undefined,
    read: (_reader, term) => ({ kind: "timeoutNow", term }),
  },
  repairRequest: {
    put(sink, { nonce }) {
      sink.integer(nonce);
    },
    read: (reader, term) => ({ kind: "repairRequest", term, nonce: reader.integer() }),
  },
  repairResponse: {
    put(sink, { nonce, isLeader, lastIndex, members }) {
      sink.integer(nonce);
      putBoolean(sink, isLeader);
      sink.integer(lastIndex);
      putTexts(sink, members);
    },
    read(reader, term) {
      const nonce = reader.integer();
      const isLeader = readBoolean(reader);
      const lastIndex = reader.integer();
      return { kind: "repairResponse", term, nonce, isLeader, lastIndex, members: readTexts(reader) };
    },
  },
};

export function putMessage(sink: Sink, message: RaftMessage, version: FormatVersion): void {
  sink.byte(NUMBERS.get(message.kind)!);
  sink.integer(message.term);
  fieldsOf(message.kind).put(sink, message, version);
}

export function readMessage(reader: ByteReader, version: number): RaftMessage {
  const number = reader.byte();
  const kind = KINDS[number];
  if (kind === undefined) return reader.fail("a kind of message", `${number}`);
  return fieldsOf(kind).read(reader, reader.integer(), version);
}

/** That a message meets the fields of its own kind is beyond the types. */
function fieldsOf(kind: Kind): Fields<RaftMessage> {
  return FIELDS[kind];
}

function putBoolean(sink: Sink, value: boolean): void {
  sink.byte(value ? 1 : 0);
}

function readBoolean(reader: ByteReader): boolean {
  return reader.flags(1) === 1;
}
