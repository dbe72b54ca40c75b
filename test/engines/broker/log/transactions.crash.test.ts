// What is known of transactions follows from the batches that are there, wherever the power is lost, and where a disk fails.
import { expect, test } from "vitest";
import { crc32c } from "#engines/bytes/index.js";
import type { Env } from "#engines/env/index.js";
import type { PartitionLog } from "#engines/broker/log/index.js";
import { batchesOf, encodeBatch, markerOf } from "#engines/broker/record/index.js";
import { nodeHost } from "#runner/host.js";
import { ADVERSARIAL_PROFILE } from "#sim/disk/index.js";
import { exploreCrashPoints } from "#sim/explore/index.js";
import type { Scenario } from "#sim/scenario.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { codeOf, open, record } from "./support.js";
import { PlainLog } from "./transactions.support.js";

const AT_CRC = 17;
const AT_ATTRIBUTES = 21;
/** The second byte of it: behind the header, the record's length, attributes and deltas, and the key's length and version. */
const AT_TYPE = 61 + 1 + 3 + 1 + 3;

/** The same log as a plain list. */
async function plainOf(log: PartitionLog): Promise<PlainLog> {
  const plain = new PlainLog();
  const bytes = await log.read(0, 1_000_000, log.logEndOffset);
  const parts = [bytes];
  for (let at = endOf(bytes); at < log.logEndOffset; at = endOf(parts.at(-1)!)) {
    parts.push(await log.read(at, 1_000_000, log.logEndOffset));
  }
  for (const part of parts) {
    for (const { at, header } of batchesOf(part)) {
      const { producerId, producerEpoch, isTransactional, baseSequence: sequence, recordCount } = header;
      const marker = header.isControl ? markerOf(part, at) : undefined;
      plain.append(recordCount, { producerId, producerEpoch, isTransactional, sequence, marker });
    }
  }
  return plain;
}

function endOf(bytes: Uint8Array): number {
  let offset = 0;
  for (const { header } of batchesOf(bytes)) offset = header.lastOffset + 1;
  return offset;
}

function write(log: PartitionLog, producerId: number, producerEpoch: number, baseSequence = 0): void {
  const stamp = { producerId, producerEpoch, baseSequence };
  log.appendAsLeader(encodeBatch([record(`k${producerId}`, "v")], stamp, true), 0);
}

function endTransaction(
  log: PartitionLog,
  producerId: number,
  producerEpoch: number,
  isCommit: boolean,
): void {
  log.appendMarker({ producerId, producerEpoch, isCommit, coordinatorEpoch: 0 }, 1_000, 0);
}

async function life(log: PartitionLog): Promise<void> {
  write(log, 3, 0);
  write(log, 5, 0);
  endTransaction(log, 3, 1, false);
  write(log, 3, 1);
  await log.flush();
  endTransaction(log, 5, 1, true);
  write(log, 5, 1);
  endTransaction(log, 3, 2, false);
  await log.flush();
  write(log, 3, 2);
  endTransaction(log, 5, 2, false);
  log.committed(8);
  await log.truncateTo(7);
  endTransaction(log, 5, 2, true);
  await log.close();
}

const SCENARIO: Scenario = {
  name: "partition-log-transactions",
  summary: "for the test",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1,
  drive: async () => {},
  explore: () => ({
    profile: ADVERSARIAL_PROFILE,
    position: () => 0,
    program: async (env: Env) => life(await open(env)),
    recover: (world) => async (env) => {
      const log = await open(env);
      const plain = await plainOf(log);
      const found = JSON.stringify([
        log.inspect().openTransactions,
        log.abortedBetween(0, plain.end),
        log.lastStableOffset(plain.end),
        [3, 5].map((id) => log.producer(id)?.producerEpoch ?? -1),
      ]);
      const expected = JSON.stringify([
        plain.transactions.open,
        plain.abortedBetween(0, plain.end),
        plain.stableOffset(plain.end),
        [3, 5].map((id) => plain.epochOf(id)),
      ]);
      if (found !== expected) world.fail("log/transactions", `${found}, not ${expected}`);
      await log.close();
    },
  }),
};

test("a power loss in a life with transactions leaves what the batches say", async () => {
  const report = await exploreCrashPoints(SCENARIO, { seed: 1, host: nodeHost("sync"), imagesPerPoint: 1 });
  expect(report.findings.map(({ point, finding }) => `${point}: ${finding.message}`)).toEqual([]);
  expect(report.counts.checked).toBeGreaterThan(50);
});

test("a marker that could not be written has ended nothing, and its offset is nobody's (KAFKA-7866)", async () => {
  const env = new MemoryEnv();
  const log = await open(env);
  write(log, 3, 0);
  env.disk.failing = (operation) => (operation === "write" ? "ENOSPC" : undefined);
  expect(codeOf(() => endTransaction(log, 3, 1, true))).toBe("STORAGE_ERROR");
  expect([log.logEndOffset, log.lastStableOffset(1)]).toEqual([1, 0]);
  expect(log.openTransaction(3)).toEqual({ producerId: 3, producerEpoch: 0, firstOffset: 0 });
  // Nobody knows what of it is there: nothing is put behind it.
  env.disk.failing = () => undefined;
  expect(codeOf(() => write(log, 5, 0))).toBe("STORAGE_ERROR");
  await log.close();
  const again = await open(env);
  expect([again.logEndOffset, again.lastStableOffset(1)]).toEqual([1, 0]);
  endTransaction(again, 3, 1, true);
  expect(again.lastStableOffset(2)).toBe(2);
  await again.close();
});

test("a control batch that is no marker is refused before anything of it is in the log", async () => {
  const env = new MemoryEnv();
  const [leader, follower] = [await open(env), await open(env, { directory: "copy" })];
  write(leader, 3, 0);
  endTransaction(leader, 3, 1, true);
  const fetched = await leader.read(0, 1_000_000, 2);
  const [, second] = [...batchesOf(fetched)];
  const unknown = fetched.slice();
  unknown[second!.at + AT_TYPE] = 7;
  const crc = crc32c(unknown, second!.at + AT_ATTRIBUTES, unknown.length);
  new DataView(unknown.buffer).setUint32(second!.at + AT_CRC, crc);
  expect(codeOf(() => markerOf(unknown, second!.at))).toBe("CORRUPT_MESSAGE");
  expect(codeOf(() => follower.appendAsFollower(unknown))).toBe("CORRUPT_MESSAGE");
  expect(follower.logEndOffset).toBe(0);
  follower.appendAsFollower(fetched);
  expect([follower.logEndOffset, follower.producer(3)?.producerEpoch]).toEqual([2, 1]);
  await leader.close();
  await follower.close();
});
