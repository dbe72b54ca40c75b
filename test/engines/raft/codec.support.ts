/** Any message, record, configuration and header, and how bytes are shown. */
import fc from "fast-check";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { RaftError } from "#engines/raft/errors.js";
import type { Persist } from "#engines/raft/storage.js";
import type { Configuration, Entry, LogPosition, RaftMessage, SnapshotMeta } from "#engines/raft/types.js";
import type { SnapshotHeader } from "#engines/raft/codec/index.js";

export const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What `decode` gives; "bad format" for that error, and no other error. */
export function tryDecode<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | "bad format" {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof RaftError && error.code === "RAFT_BAD_FORMAT") return "bad format";
    throw error;
  }
}

/** Small ones mostly, since those meet the borders of a varint's bytes. */
export const integer: fc.Arbitrary<number> = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 0x7f, 0x80, 0x3fff, 0x4000, Number.MAX_SAFE_INTEGER),
);
const fromOne = integer.map((n) => Math.max(1, n));
export const position: fc.Arbitrary<LogPosition> = fc.record({ index: integer, term: integer });
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ minLength: 8, maxLength: 24 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", "\ufeffn1", "\u{1f32a}", "\0", "x".repeat(200)),
);
export const data: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });
const nodes = fc.array(text, { maxLength: 4 });

export const configuration: fc.Arbitrary<Configuration> = fc
  .record({ voters: nodes, outgoing: nodes, learners: nodes })
  .map(({ voters, outgoing, learners }) =>
    makeConfiguration(
      voters,
      learners.filter((learner) => !voters.includes(learner)),
      outgoing,
    ),
  );

export const entries: fc.Arbitrary<Entry[]> = fc
  .record({
    first: fromOne.map((index) => Math.min(index, Number.MAX_SAFE_INTEGER - 10)),
    parts: fc.array(
      fc.record({
        term: fc.oneof(fc.constantFrom(3, 4), fromOne),
        kind: fc.constantFrom("noop", "command", "configuration"),
        data,
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ first, parts }) =>
    parts.map((part, i) => ({
      ...part,
      index: first + i,
      data: part.kind === "noop" ? new Uint8Array(0) : part.data,
    })),
  );

const term = integer;
const granted = fc.boolean();
const round = integer;
const isRepairing = fc.boolean();

/** One arbitrary for each kind: a kind without one does not compile. */
export const messages: { readonly [K in RaftMessage["kind"]]: fc.Arbitrary<RaftMessage> } = {
  preVote: fc.record({ kind: fc.constant("preVote"), term, last: position }),
  preVoteResponse: fc.record({ kind: fc.constant("preVoteResponse"), term, granted }),
  vote: fc.record({ kind: fc.constant("vote"), term, last: position, transfer: fc.boolean() }),
  voteResponse: fc.record({ kind: fc.constant("voteResponse"), term, granted }),
  append: fc.record({
    kind: fc.constant("append"),
    term,
    previous: position,
    entries,
    commit: integer,
    round,
  }),
  appendResponse: fc.record({
    kind: fc.constant("appendResponse"),
    term,
    accepted: fc.boolean(),
    index: integer,
    hint: position,
    round,
    isRepairing,
    applied: integer,
  }),
  heartbeat: fc.record({ kind: fc.constant("heartbeat"), term, commit: integer, round }),
  heartbeatResponse: fc.record({ kind: fc.constant("heartbeatResponse"), term, round, isRepairing }),
  snapshotChunk: fc.record({
    kind: fc.constant("snapshotChunk"),
    term,
    snapshot: position,
    chunk: integer,
    isLast: fc.boolean(),
    bytes: data,
  }),
  snapshotChunkResponse: fc.record({
    kind: fc.constant("snapshotChunkResponse"),
    term,
    snapshot: position,
    nextChunk: integer,
  }),
  timeoutNow: fc.record({ kind: fc.constant("timeoutNow"), term }),
  repairRequest: fc.record({ kind: fc.constant("repairRequest"), term, nonce: integer }),
  repairResponse: fc.record({
    kind: fc.constant("repairResponse"),
    term,
    nonce: integer,
    isLeader: fc.boolean(),
    lastIndex: integer,
    members: nodes,
  }),
};
export const message: fc.Arbitrary<RaftMessage> = fc.oneof(...Object.values(messages));

export const persist: fc.Arbitrary<Persist> = fc.record({
  hardState: fc.option(fc.record({ term, vote: fc.option(text, { nil: undefined }) }), { nil: undefined }),
  entries,
  rebase: fc.option(fc.record({ index: integer, term: integer, keepsLog: fc.boolean() }), { nil: undefined }),
  repaired: fc.boolean(),
});

const meta: fc.Arbitrary<SnapshotMeta> = fc.record({ index: integer, term: integer, configuration });
export const header: fc.Arbitrary<SnapshotHeader> = fc.record({ meta, digest: integer });
