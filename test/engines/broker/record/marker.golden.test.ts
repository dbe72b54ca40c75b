// Bytes worked out by hand from https://kafka.apache.org/documentation/#controlbatch, the CRC bit by bit.
import { expect, test } from "vitest";
import { BrokerError } from "#engines/broker/index.js";
import {
  NO_PRODUCER,
  checkNewBatch,
  encodeBatch,
  encodeMarker,
  markerOf,
  readBatchHeader,
  stampBatch,
} from "#engines/broker/record/index.js";

const COMMIT = [
  "0000000000000102", // base offset 258
  "00000042", // 66 bytes follow
  "00000005", // leader epoch 5
  "02", // magic
  "a9c3f7fe", // CRC-32C of the rest
  "0030", // attributes: transactional, control
  "00000000", // last offset delta
  "00000192d0a3c1e8", // base timestamp 1730077245928
  "00000192d0a3c1e8", // largest timestamp
  "0000000000000007", // producer id 7
  "0004", // producer epoch 4
  "ffffffff", // no sequence
  "00000001", // one record
  "20", // 16 bytes: attributes, timestamp delta, offset delta
  "000000",
  "0800000001", // key: version 0, type 1
  "0c000000000009", // value: version 0, coordinator epoch 9
  "00", // no headers
].join("");

const MARKER = { producerId: 7, producerEpoch: 4, isCommit: true, coordinatorEpoch: 9 };
const AT_TYPE = 61 + 1 + 3 + 1 + 3;

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

test("a marker has the bytes that Kafka documents", () => {
  const batch = encodeMarker(MARKER, 1730077245928);
  stampBatch(batch, 0, 258, 5);
  expect(hex(batch)).toBe(COMMIT);
  const abort = encodeMarker({ ...MARKER, isCommit: false }, 1730077245928);
  const differing = [...abort.keys()].filter((at) => at > 20 && abort[at] !== batch[at]);
  expect(differing).toEqual([AT_TYPE]);
  expect(abort[AT_TYPE]).toBe(0);
});

test("these bytes are read as that marker", () => {
  const batch = Uint8Array.from(COMMIT.match(/../g)!, (each) => Number.parseInt(each, 16));
  expect(markerOf(batch, 0)).toEqual(MARKER);
  const header = {
    isTransactional: true,
    isControl: true,
    baseOffset: 258,
    lastOffset: 258,
    baseSequence: -1,
  };
  expect(readBatchHeader(batch, 0)).toMatchObject(header);
});

test("a batch of a transaction is one of data, with the bit that says so", () => {
  const records = [{ key: null, value: new Uint8Array(1), timestampMs: 1 }];
  const stamp = { producerId: 7, producerEpoch: 3, baseSequence: 0 };
  const batch = encodeBatch(records, stamp, true);
  expect(batch[22]).toBe(0x10);
  expect(checkNewBatch(batch, 1_000)).toMatchObject({ isTransactional: true, isControl: false });
  const plain = encodeBatch(records, stamp);
  expect(plain[22]).toBe(0);
  expect(plain.length).toBe(batch.length);
  expect(() => encodeBatch(records, NO_PRODUCER, true)).toThrow();
});

test("what is no marker is refused, and a marker is no producer's batch", () => {
  const [marker, data] = [encodeMarker(MARKER, 1), encodeBatch([{ key: null, value: null, timestampMs: 1 }])];
  const unknown = marker.slice();
  unknown[AT_TYPE] = 2;
  for (const each of [unknown, data]) expect(() => markerOf(each, 0)).toThrow(BrokerError);
  expect(() => checkNewBatch(marker, 1_000)).toThrow(BrokerError);
});
