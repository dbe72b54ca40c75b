// Compaction of a log with transactions: what a reader of committed data finds stays the same, also where the log has to
// be understood from its batches alone; and markers stay while records of their transactions do (KIP-534).
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PartitionLog } from "#engines/broker/log/index.js";
import { batchesOf, encodeBatch, recordsOf } from "#engines/broker/record/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { COMPACTED, headersOf, open, record, text } from "./support.js";

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("write" as const), producer: fc.nat(2), key: fc.nat(3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("end" as const), producer: fc.nat(2), isCommit: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("compact" as const), waitMs: fc.constantFrom(0, 50, 200) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const), loses: fc.boolean() }) },
);

/** Each key's last value that is committed below the last stable offset, found as a consumer does. */
async function committedIn(log: PartitionLog): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const end = log.lastStableOffset(log.logEndOffset);
  const aborted = log.abortedBetween(0, end);
  for (let offset = 0; offset < end;) {
    const bytes = await log.read(offset, 10_000, end);
    if (bytes.length === 0) break;
    for (const { at, header } of batchesOf(bytes)) {
      offset = header.lastOffset + 1;
      const { producerId, isTransactional, isControl, baseOffset } = header;
      const isAborted = aborted.some(
        (each) =>
          each.producerId === producerId && each.firstOffset <= baseOffset && baseOffset < each.lastOffset,
      );
      if (isControl || (isTransactional && isAborted)) continue;
      for (const { key, value } of recordsOf(bytes, at)) found.set(text(key)!, text(value)!);
    }
  }
  return found;
}

test("compaction takes away what was aborted, and nothing that counts", async () => {
  let removedMarkers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), async (steps) => {
      let env = new MemoryEnv();
      let log = await open(env, COMPACTED);
      let nowMs = 1_000;
      const epochs = [0, 0, 0];
      const sequences = [0, 0, 0];
      for (const each of steps) {
        if (each.kind === "write") {
          const { producer: producerId, key } = each;
          const stamp = {
            producerId,
            producerEpoch: epochs[producerId]!,
            baseSequence: sequences[producerId]!++,
          };
          log.appendAsLeader(encodeBatch([record(`k${key}`, `v${log.logEndOffset}`)], stamp, true), 0);
        } else if (each.kind === "end") {
          const { producer: producerId, isCommit } = each;
          const producerEpoch = ++epochs[producerId]!;
          sequences[producerId] = 0;
          log.appendMarker({ producerId, producerEpoch, isCommit, coordinatorEpoch: 0 }, nowMs, 0);
        } else if (each.kind === "reopen") {
          await log.verify();
          env = new MemoryEnv(env.disk.copy());
          const { files } = env.disk;
          for (const path of files.keys()) if (each.loses && path.endsWith(".snapshot")) files.delete(path);
          const before = log.inspect().openTransactions;
          log = await open(env, COMPACTED);
          expect(log.inspect().openTransactions).toEqual(before);
        } else {
          nowMs += each.waitMs;
          await log.flush();
          const before = await committedIn(log);
          const stable = log.lastStableOffset(log.logEndOffset);
          const markers = (await headersOf(log)).filter(({ isControl }) => isControl).length;
          await log.compact(log.logEndOffset, nowMs);
          expect(await committedIn(log)).toEqual(before);
          expect(log.lastStableOffset(log.logEndOffset)).toBe(stable);
          removedMarkers += markers - (await checkMarkers(log, stable));
        }
      }
      expect(await log.verify()).toEqual([]);
      await log.close();
    }),
    { seed: 60008, numRuns: 20 },
  );
  expect(removedMarkers).toBeGreaterThan(10);
});

/** Every record of a transaction has its marker behind it; below what is clean nothing aborted is left. Counts markers. */
async function checkMarkers(log: PartitionLog, stableOffset: number): Promise<number> {
  const undecided = new Map<number, number>();
  const { firstDirtyOffset } = log.inspect();
  let markers = 0;
  for (const header of await headersOf(log)) {
    const { producerId, isControl, baseOffset, recordCount } = header;
    if (isControl) {
      markers++;
      undecided.delete(producerId);
    } else if (baseOffset < stableOffset && recordCount > 0) {
      undecided.set(producerId, baseOffset);
      const isAborted = log
        .abortedBetween(baseOffset, baseOffset + 1)
        .some((each) => each.producerId === producerId);
      if (isAborted) expect(baseOffset).toBeGreaterThanOrEqual(firstDirtyOffset);
    }
  }
  expect([...undecided]).toEqual([]);
  return markers;
}
