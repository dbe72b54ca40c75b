// Bytes worked out by hand from https://kafka.apache.org/documentation/#recordbatch, the CRC bit by bit.
import { expect, test } from "vitest";
import { encodeBatch, readBatchHeader, recordsOf, stampBatch } from "#engines/broker/record/index.js";

const GOLDEN = [
  "0000000000000102", // base offset 258
  "00000047", // 71 bytes follow
  "00000005", // leader epoch 5
  "02", // magic
  "d7df4f23", // CRC-32C of the rest
  "0000", // attributes
  "00000001", // last offset delta
  "00000192d0a3c1e8", // base timestamp 1730077245928
  "00000192d0a3c24c", // largest timestamp: 100 ms later
  "0000000000000007", // producer id 7
  "0003", // producer epoch 3
  "7ffffffe", // base sequence
  "00000002", // two records
  "12", // 9 bytes: attributes, timestamp delta, offset delta, "k", "v1", no headers
  "000000026b04763100",
  "16", // 11 bytes: timestamp delta 100, offset delta 1, null, null, one header "h" of one byte
  "00c80102010102026802ff",
].join("");

const RECORDS = [
  { key: bytes("6b"), value: bytes("7631"), timestampMs: 1730077245928 },
  { key: null, value: null, timestampMs: 1730077246028, headers: [{ key: "h", value: bytes("ff") }] },
];

test("a batch has the bytes that Kafka documents", () => {
  const batch = encodeBatch(RECORDS, { producerId: 7, producerEpoch: 3, baseSequence: 0x7ffffffe });
  stampBatch(batch, 0, 258, 5);
  expect(Array.from(batch, (each) => each.toString(16).padStart(2, "0")).join("")).toBe(GOLDEN);
});

test("these bytes are read as that batch", () => {
  const batch = bytes(GOLDEN);
  expect(readBatchHeader(batch, 0)).toEqual({
    baseOffset: 258,
    sizeBytes: 83,
    leaderEpoch: 5,
    crc: 0xd7df4f23,
    isTransactional: false,
    isControl: false,
    lastOffset: 259,
    baseTimestampMs: 1730077245928,
    maxTimestampMs: 1730077246028,
    deleteHorizonMs: -1,
    producerId: 7,
    producerEpoch: 3,
    baseSequence: 0x7ffffffe,
    recordCount: 2,
  });
  expect(recordsOf(batch, 0)).toEqual(RECORDS.map((record, at) => ({ ...record, offset: 258 + at })));
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (each) => Number.parseInt(each, 16));
}
