// The small files beside the segments, worked out by hand from FORMAT.md, the CRCs bit by bit: what one version writes,
// the next has to read.
import { expect, test } from "vitest";
import { readEpochs, writeEpochs } from "#engines/broker/log/epoch-cache.js";
import { readState, writeState, type LogState } from "#engines/broker/log/state.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { batch, open, record, stampOf } from "./support.js";

async function newEnv(): Promise<MemoryEnv> {
  const env = new MemoryEnv();
  await env.disk.mkdir("log");
  return env;
}

function fileOf({ disk }: MemoryEnv, name: string): string {
  const { bytes } = disk.files.get(`log/${name}`)!;
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

test("log-checkpoint", async () => {
  const env = await newEnv();
  const state: LogState = {
    logStartOffset: 5,
    recoveryPoint: 300,
    distrusted: 137,
    firstDirtyOffset: 6,
    isRestarting: true,
  };
  await writeState(env, "log", state);
  const bytes = [
    "f1379e74", // CRC-32C of the rest, little-endian
    "01", // version
    "05", // log start offset
    "ac02", // recovery point 300
    "8901", // distrusted 137
    "06", // first dirty offset
    "01", // is restarting
  ];
  expect(fileOf(env, "log-checkpoint")).toBe(bytes.join(""));
  expect(await readState(env, "log")).toEqual(state);
});

test("leader-epoch-checkpoint", async () => {
  const env = await newEnv();
  const entries = [
    { epoch: 0, startOffset: 0 },
    { epoch: 2, startOffset: 137 },
    { epoch: 7, startOffset: 300 },
  ];
  await writeEpochs(env, "log", entries);
  const bytes = [
    "fc932466",
    "01", // version
    "03", // entries
    "0000",
    "028901",
    "07ac02",
  ];
  expect(fileOf(env, "leader-epoch-checkpoint")).toBe(bytes.join(""));
  expect((await readEpochs(env, "log"))?.entries).toEqual(entries);
});

test("a snapshot and the indexes of a log that was closed", async () => {
  const env = await newEnv();
  const options = { indexIntervalBytes: 1, segmentBytes: 10_000 };
  const log = await open(env, options);
  const data = (producerId: number, sequence: number): Uint8Array =>
    encodeBatch([record("k", "v", 300)], stampOf(producerId, sequence), true);
  log.appendAsLeader(batch(0, 2, stampOf(9, 0)), 4);
  log.appendAsLeader(data(5, 0), 4);
  log.appendAsLeader(data(6, 0), 4);
  const marker = { producerId: 5, producerEpoch: 1, isCommit: false, coordinatorEpoch: 3 };
  log.appendMarker(marker, 2000, 4);
  await log.close();
  const snapshot = [
    "821d39c8",
    "01", // version
    "03", // producers
    "0900e907", // 9, epoch 0, last batch at 1001
    "0000", // no marker
    "01", // a batch
    "000001", // from sequence 0, offsets 0 to 1
    "0501d00f", // 5, epoch 1, last marker at 2000
    "0405", // of coordinator epoch 3, at offset 4
    "00", // no batch behind it
    "0600ac020000", // 6, epoch 0, last batch at 300; no marker
    "01000303",
    "01060003", // open: 6, in epoch 0, from 3 on
    "0105020403", // aborted: 5, from 2 to its marker at 4; 6 was open behind that, from 3 on
    "01050204", // recent: the same
  ];
  expect(fileOf(env, "00000000000000000005.snapshot")).toBe(snapshot.join(""));
  const index = [
    "80a5d7ac",
    "01", // version
    "ad02", // of 301 bytes
    "05", // ends at 5
    "05", // last epoch 4
    "e907", // the first batch's timestamp
    "d00f", // the largest
    "0000000000000000",
    "0000000200000053",
    "0000000300000099",
    "00000004000000df",
  ];
  expect(fileOf(env, "00000000000000000000.index")).toBe(index.join(""));
  const timeIndex = [
    "1c920212",
    "01", // version
    "ad02", // of 301 bytes
    "00000000000003e900000000", // 1001 at 0
    "00000000000007d000000004", // 2000 at 4
  ];
  expect(fileOf(env, "00000000000000000000.timeindex")).toBe(timeIndex.join(""));
  const again = await open(env, { ...options, wasClosedCleanly: true });
  expect(await again.verify()).toEqual([]);
  expect(again.producer(9)).toEqual(stampOf(9, 0));
  await again.close();
});
