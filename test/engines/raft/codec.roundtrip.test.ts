import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeConfiguration,
  decodeRecord,
  decodeSnapshotHeader,
  encodeConfiguration,
  encodeRecord,
  encodeSnapshotHeader,
  raftMessageType,
  type FormatVersion,
} from "#engines/raft/codec/index.js";
import type { RaftMessage } from "#engines/raft/types.js";
import { configuration, header, integer, message, messages, persist } from "./codec.support.js";

const SEED = { seed: 20260801 };
const version: fc.Arbitrary<FormatVersion> = fc.constantFrom<FormatVersion>(1, 2);

/** What is left of a message where one side knows format 1 only. */
function asFormat1(value: RaftMessage): RaftMessage {
  return value.kind === "appendResponse" ? { ...value, applied: 0 } : value;
}

/** As a program of a version that does not exist yet would write it, with something new at the end. */
function fromTheFuture(bytes: Uint8Array, added: Uint8Array): Uint8Array {
  const future = new Uint8Array(bytes.length + added.length);
  future.set(bytes);
  future.set(added, bytes.length);
  future[0] = 3;
  return future;
}

describe("messages", () => {
  test.each(Object.entries(messages))("of kind %s come back as they were", (_kind, arbitrary) => {
    const type = raftMessageType(2);
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(type.decode(type.encode(value))).toEqual(value);
      }),
      { ...SEED, numRuns: 60 },
    );
  });

  test("come across versions, without what one side does not know", () => {
    fc.assert(
      fc.property(message, version, version, (value, written, read) => {
        const decoded = raftMessageType(read).decode(raftMessageType(written).encode(value));
        expect(decoded).toEqual(written === 2 && read === 2 ? value : asFormat1(value));
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  test("of a later version are read as far as they are known", () => {
    fc.assert(
      fc.property(message, version, fc.uint8Array({ maxLength: 5 }), (value, read, added) => {
        const bytes = fromTheFuture(raftMessageType(2).encode(value), added);
        expect(raftMessageType(read).decode(bytes)).toEqual(read === 2 ? value : asFormat1(value));
      }),
      { ...SEED, numRuns: 300 },
    );
  });

  test("are one type in all versions", () => {
    expect([raftMessageType(1), raftMessageType(2)]).toMatchObject([
      { id: 0x52414654, name: "raft" },
      { id: 0x52414654, name: "raft" },
    ]);
  });

  test("are decoded without copying what they carry", () => {
    const type = raftMessageType(2);
    const data = new Uint8Array(100).fill(7);
    const bytes = type.encode({
      kind: "append",
      term: 1,
      previous: { index: 0, term: 0 },
      entries: [{ index: 1, term: 1, kind: "command", data }],
      commit: 0,
      round: 0,
    });
    const decoded = type.decode(bytes);
    expect(decoded.kind === "append" && decoded.entries[0]!.data.buffer).toBe(bytes.buffer);
  });
});

describe("records", () => {
  test("come back as they were, in each version and across", () => {
    fc.assert(
      fc.property(persist, integer, version, version, (value, writtenUs, written, read) => {
        const decoded = decodeRecord(encodeRecord(value, writtenUs, written), read);
        expect(decoded).toEqual({ persist: value, writtenUs: written === 2 && read === 2 ? writtenUs : 0 });
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  test("of a later version are read as far as they are known", () => {
    fc.assert(
      fc.property(
        persist,
        integer,
        version,
        fc.uint8Array({ maxLength: 5 }),
        (value, writtenUs, read, added) => {
          const bytes = fromTheFuture(encodeRecord(value, writtenUs, 2), added);
          expect(decodeRecord(bytes, read)).toEqual({
            persist: value,
            writtenUs: read === 2 ? writtenUs : 0,
          });
        },
      ),
      { ...SEED, numRuns: 300 },
    );
  });

  test("do not depend on a sound wall clock", () => {
    const nothing = { hardState: undefined, entries: [], rebase: undefined, repaired: false };
    expect(decodeRecord(encodeRecord(nothing, -5, 2))).toEqual({ persist: nothing, writtenUs: 0 });
  });
});

test("configurations and snapshot headers come back as they were", () => {
  fc.assert(
    fc.property(configuration, header, (value, about) => {
      expect(decodeConfiguration(encodeConfiguration(value))).toEqual(value);
      expect(decodeSnapshotHeader(encodeSnapshotHeader(about))).toEqual(about);
    }),
    { ...SEED, numRuns: 300 },
  );
});

test("configurations and snapshot headers of a later version are read as far as they are known", () => {
  fc.assert(
    fc.property(configuration, header, fc.uint8Array({ maxLength: 5 }), (value, about, added) => {
      expect(decodeConfiguration(fromTheFuture(encodeConfiguration(value), added))).toEqual(value);
      expect(decodeSnapshotHeader(fromTheFuture(encodeSnapshotHeader(about), added))).toEqual(about);
    }),
    { ...SEED, numRuns: 100 },
  );
});

describe("what the types cannot forbid is refused when it is written", () => {
  const type = raftMessageType(2);
  const entry = { term: 1, kind: "command", data: new Uint8Array(0) } as const;
  const append = {
    kind: "append",
    term: 1,
    previous: { index: 0, term: 0 },
    commit: 0,
    round: 0,
  } as const;

  test("a gap between entries", () => {
    const entries = [
      { ...entry, index: 1 },
      { ...entry, index: 3 },
    ];
    expect(() => type.encode({ ...append, entries })).toThrow("dense");
  });

  test("a no-op with data", () => {
    const entries = [{ ...entry, kind: "noop" as const, index: 1, data: Uint8Array.of(1) }];
    expect(() => type.encode({ ...append, entries })).toThrow("no data");
  });

  test("an integer that does not count exactly", () => {
    const round = Number.MAX_SAFE_INTEGER + 1;
    expect(() => type.encode({ ...append, round, entries: [] })).toThrow("counts exactly");
  });

  test("a lone surrogate", () => {
    const answer = { kind: "repairResponse", term: 1, nonce: 1, isLeader: false, lastIndex: 1 } as const;
    expect(() => type.encode({ ...answer, members: ["\ud800"] })).toThrow("RAFT_BAD_ARGUMENT");
  });
});
