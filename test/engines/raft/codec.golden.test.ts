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
import type { Persist } from "#engines/raft/storage.js";
import type { Entry, RaftMessage } from "#engines/raft/types.js";
import { hex, utf8 } from "./codec.support.js";

// Released programs write these bytes. Other bytes are a new format version: add to this file, change nothing.

const ENTRIES: readonly Entry[] = [
  { index: 300, term: 6, kind: "command", data: utf8("set") },
  { index: 301, term: 7, kind: "noop", data: new Uint8Array(0) },
  { index: 302, term: 7, kind: "configuration", data: utf8("c") },
];
const ENTRIES_BYTES = "03 ac02 0506 03736574 0407 00 02 0163";

/** What follows the version in both formats. */
const MESSAGES: readonly (readonly [bytes: string, message: RaftMessage])[] = [
  ["01 08 ab02 06", { kind: "preVote", term: 8, last: { index: 299, term: 6 } }],
  ["02 08 01", { kind: "preVoteResponse", term: 8, granted: true }],
  ["03 08 ab02 06 01", { kind: "vote", term: 8, last: { index: 299, term: 6 }, transfer: true }],
  ["04 08 00", { kind: "voteResponse", term: 8, granted: false }],
  [
    `05 08 ab02 06 c801 05 ${ENTRIES_BYTES}`,
    {
      kind: "append",
      term: 8,
      previous: { index: 299, term: 6 },
      entries: ENTRIES,
      commit: 200,
      round: 5,
    },
  ],
  ["07 08 c801 05", { kind: "heartbeat", term: 8, commit: 200, round: 5 }],
  ["08 08 05 01", { kind: "heartbeatResponse", term: 8, round: 5, isRepairing: true }],
  [
    "09 08 ab02 06 02 01 05 7374617465",
    {
      kind: "snapshotChunk",
      term: 8,
      snapshot: { index: 299, term: 6 },
      chunk: 2,
      isLast: true,
      bytes: utf8("state"),
    },
  ],
  [
    "0a 08 ab02 06 03",
    { kind: "snapshotChunkResponse", term: 8, snapshot: { index: 299, term: 6 }, nextChunk: 3 },
  ],
  ["0b 08", { kind: "timeoutNow", term: 8 }],
  ["0c 08 ffffffff0f", { kind: "repairRequest", term: 8, nonce: 0xffff_ffff }],
  [
    "0d 08 01 01 ae02 02 026e31 026e32",
    {
      kind: "repairResponse",
      term: 8,
      nonce: 1,
      isLeader: true,
      lastIndex: 302,
      members: ["n1", "n2"],
    },
  ],
];
const APPEND_RESPONSE: RaftMessage = {
  kind: "appendResponse",
  term: 8,
  accepted: true,
  index: 302,
  hint: { index: 301, term: 7 },
  round: 5,
  isRepairing: true,
  applied: 199,
};
const APPEND_RESPONSE_BYTES = "06 08 03 ae02 ad02 07 05";

const RECORD: Persist = {
  hardState: { term: 8, vote: "n2" },
  entries: ENTRIES,
  rebase: { index: 299, term: 6, keepsLog: true },
  repaired: true,
};
const RECORD_BYTES = `1f 08 026e32 ab02 06 ${ENTRIES_BYTES}`;
const EMPTY_RECORD: Persist = { hardState: undefined, entries: [], rebase: undefined, repaired: false };
/** 2025-07-31. */
const WRITTEN_US = 1_754_000_000_000_000;
const WRITTEN_BYTES = "80c0be978fe88e03";

const squeezed = (bytes: string): string => bytes.replaceAll(" ", "");
const unhex = (bytes: string): Uint8Array =>
  Uint8Array.from(squeezed(bytes).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe.each([1, 2] satisfies FormatVersion[])("format %i", (version) => {
  const type = raftMessageType(version);

  test.each(MESSAGES)("%s", (bytes, message) => {
    expect(hex(type.encode(message))).toBe(squeezed(`0${version} ${bytes}`));
    expect(type.decode(unhex(`0${version} ${bytes}`))).toEqual(message);
  });

  test("of an append response", () => {
    const bytes = `0${version} ${APPEND_RESPONSE_BYTES} ${version === 1 ? "" : "c701"}`;
    expect(hex(type.encode(APPEND_RESPONSE))).toBe(squeezed(bytes));
    expect(type.decode(unhex(bytes))).toEqual({ ...APPEND_RESPONSE, applied: version === 1 ? 0 : 199 });
  });

  test.each([
    ["full", RECORD, RECORD_BYTES],
    ["empty", EMPTY_RECORD, "00 00"],
  ])("of a record that is %s", (_which, persist, rest) => {
    const bytes = `0${version} ${rest} ${version === 1 ? "" : WRITTEN_BYTES}`;
    expect(hex(encodeRecord(persist, WRITTEN_US, version))).toBe(squeezed(bytes));
    expect(decodeRecord(unhex(bytes))).toEqual({ persist, writtenUs: version === 1 ? 0 : WRITTEN_US });
  });
});

describe("the format", () => {
  test("of a configuration", () => {
    const configuration = { voters: ["n1", "n2"], outgoing: ["n1"], learners: ["n3"] };
    const bytes = "01 02 026e31 026e32 01 026e31 01 026e33";
    expect(hex(encodeConfiguration(configuration))).toBe(squeezed(bytes));
    expect(decodeConfiguration(unhex(bytes))).toEqual(configuration);
  });

  test("of a snapshot's header", () => {
    const configuration = { voters: ["n1"], outgoing: [], learners: [] };
    const header = { meta: { index: 299, term: 6, configuration }, digest: 0xdead_beef };
    const bytes = "01 ab02 06 01 026e31 00 00 effdb6f50d";
    expect(hex(encodeSnapshotHeader(header))).toBe(squeezed(bytes));
    expect(decodeSnapshotHeader(unhex(bytes))).toEqual(header);
  });
});
