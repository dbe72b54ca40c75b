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
import { configuration, header, hex, integer, message, persist, tryDecode } from "./codec.support.js";

const SEED = { seed: 20260802 };

/** A format: what its programs write, and what they read. */
interface Format<T> {
  readonly name: string;
  /** Those that this program writes. */
  readonly versions: readonly FormatVersion[];
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T, version: FormatVersion) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

/** Formats of all values in one list: each gives its own encoder only what its own values hold. */
function format<T>(parts: Format<T>): Format<unknown> {
  return { ...parts, encode: (value, version) => parts.encode(value as T, version) };
}

const FORMATS: readonly Format<unknown>[] = [
  format<RaftMessage>({
    name: "a message",
    versions: [1, 2],
    values: message,
    encode: (value, version) => raftMessageType(version).encode(value),
    decode: (bytes) => raftMessageType(2).decode(bytes),
  }),
  format({
    name: "a record",
    versions: [1, 2],
    values: fc.record({ persist, writtenUs: integer }),
    encode: (value, version) => encodeRecord(value.persist, value.writtenUs, version),
    decode: (bytes) => decodeRecord(bytes),
  }),
  format({
    name: "a configuration",
    versions: [1],
    values: configuration,
    encode: encodeConfiguration,
    decode: decodeConfiguration,
  }),
  format({
    name: "a header",
    versions: [1],
    values: header,
    encode: encodeSnapshotHeader,
    decode: decodeSnapshotHeader,
  }),
];

describe.each(FORMATS)("$name", ({ versions, values, encode, decode }) => {
  const anyVersion = fc.constantFrom(...versions);

  test("that is cut anywhere is refused", () => {
    fc.assert(
      fc.property(values, anyVersion, (value, version) => {
        const bytes = encode(value, version);
        const lengths = [...bytes.keys()];
        const read = lengths.filter(
          (length) => tryDecode(decode, bytes.subarray(0, length)) !== "bad format",
        );
        expect(read).toEqual([]);
      }),
      { ...SEED, numRuns: 60 },
    );
  });

  test("with something behind it is refused", () => {
    fc.assert(
      fc.property(values, anyVersion, fc.nat({ max: 255 }), (value, version, more) => {
        expect(tryDecode(decode, Uint8Array.of(...encode(value, version), more))).toBe("bad format");
      }),
      { ...SEED, numRuns: 100 },
    );
  });

  // So nothing is read from bytes that no encoder writes, and no two encodings mean the same.
  test("that is read at all is, byte for byte, what an encoder writes", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 });
    let readCount = 0;
    fc.assert(
      fc.property(values, anyVersion, flips, (value, version, changes) => {
        const bytes = encode(value, version);
        for (const [at, to] of changes) bytes[at % Math.min(bytes.length, 24)] = to;
        const decoded = tryDecode(decode, bytes);
        const written = versions.find((each) => each === bytes[0]);
        if (decoded === "bad format" || written === undefined) return;
        readCount++;
        expect(hex(encode(decoded, written))).toBe(hex(bytes));
      }),
      { ...SEED, numRuns: 1_500 },
    );
    expect(readCount).toBeGreaterThan(30);
  });
});

test("a message that is cut is read by a program of version 1 with the default, or not at all", () => {
  const [first, second] = [raftMessageType(1), raftMessageType(2)];
  fc.assert(
    fc.property(message, (value) => {
      const bytes = second.encode(value);
      const knownBytes = first.encode(value).length;
      for (let length = 0; length < bytes.length; length++) {
        const decoded = tryDecode((cut) => first.decode(cut), bytes.subarray(0, length));
        if (length < knownBytes) expect(decoded).toBe("bad format");
        else expect(decoded).toEqual({ ...value, applied: 0 });
      }
    }),
    { ...SEED, numRuns: 150 },
  );
});

describe("refused", () => {
  const type = raftMessageType(2);
  const decode = (bytes: readonly number[]): unknown =>
    tryDecode((whole) => type.decode(whole), Uint8Array.from(bytes));
  const append = [2, 5, 1, 0, 0, 0, 0];

  test.each([
    ["version 0", [0, 11, 1]],
    ["kind 0", [2, 0, 1]],
    ["an unknown kind", [2, 14, 1]],
    ["an unknown kind of a later version", [3, 14, 1]],
    ["an integer in a longer form than needed", [2, 11, 0x81, 0x00]],
    ["an integer that does not count exactly", [2, 11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a boolean that is 2", [2, 2, 1, 2]],
    ["more entries than there are bytes", [...append, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]],
    ["an entry at index 0", [...append, 1, 0, 5, 1, 0]],
    [
      "indexes that do not count exactly",
      [...append, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 5, 1, 0],
    ],
    ["a first entry without a term", [...append, 1, 1, 1, 0]],
    ["an unknown kind of entry", [...append, 1, 1, 7, 1, 0]],
    ["an unknown flag of an entry", [...append, 1, 1, 13, 1, 0]],
    ["a no-op with data", [...append, 1, 1, 4, 1, 1, 9]],
    ["data that go on behind the end", [...append, 1, 1, 5, 1, 2, 9]],
    ["a name that is not UTF-8", [2, 13, 1, 1, 0, 1, 1, 1, 0xff]],
  ])("%s", (_what, bytes) => {
    expect(decode(bytes)).toBe("bad format");
  });

  test.each([
    ["a vote without a hard state", [1, 2, 0]],
    ["a rebase that keeps the log, and is none", [1, 8, 0]],
    ["an unknown flag", [1, 32, 0]],
  ])("%s in a record", (_what, bytes) => {
    expect(tryDecode(decodeRecord, Uint8Array.from(bytes))).toBe("bad format");
  });

  test.each([
    ["voters that are not sorted", [1, 2, 1, 0x62, 1, 0x61, 0, 0]],
    ["a voter twice", [1, 2, 1, 0x61, 1, 0x61, 0, 0]],
    ["a learner that votes", [1, 1, 1, 0x61, 0, 1, 1, 0x61]],
  ])("%s in a configuration", (_what, bytes) => {
    expect(tryDecode(decodeConfiguration, Uint8Array.from(bytes))).toBe("bad format");
  });
});
