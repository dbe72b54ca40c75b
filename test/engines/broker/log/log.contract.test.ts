// What a partition's log promises, in the simulator and on real files.
import { describe, expect, test } from "vitest";
import { encodeBatch } from "#engines/broker/record/index.js";
import { PLACES } from "../../store/places.js";
import {
  COMPACTED,
  batch,
  codeOf,
  fill,
  filled,
  headersOf,
  open,
  record,
  recordsIn,
  rejectionOf,
  stampOf,
  values,
} from "./support.js";

describe.each(PLACES)("a partition's log %s", (_, place) => {
  test("serves what was appended, also after it was closed, over many segments", () =>
    place(async (env) => {
      const log = await open(env);
      expect([log.logStartOffset, log.logEndOffset, log.lastEpoch]).toEqual([0, 0, -1]);
      await fill(log, 40, 0);
      expect(log.inspect().segments.length).toBeGreaterThan(5);
      expect(values(await recordsIn(log))).toEqual(filled(0, 40));
      await log.close();
      expect(codeOf(() => log.appendAsLeader(batch(40), 0))).toBe("CLOSED");
      const again = await open(env, { wasClosedCleanly: true, recoveryPoint: 40 });
      expect(values(await recordsIn(again))).toEqual(filled(0, 40));
      expect(await again.verify()).toEqual([]);
      await fill(again, 5, 0);
      expect(values(await recordsIn(again))).toEqual(filled(0, 45));
      await again.close();
    }));

  test("has what was not flushed after a process died", () =>
    place(async (env) => {
      const log = await open(env);
      for (let i = 0; i < 30; i++) {
        log.appendAsLeader(batch(i), 0);
        if (i % 4 === 0) await env.clock.sleep(1);
      }
      // Nobody kills this one: what it has under way comes to its end first.
      await log.verify();
      const again = await open(env);
      expect(values(await recordsIn(again))).toEqual(filled(0, 30));
      expect(again.recoveryPoint).toBe(30);
      expect(await again.verify()).toEqual([]);
      await again.close();
    }));

  test("gives at least one batch, not more than fits, none above the end", () =>
    place(async (env) => {
      const log = await open(env);
      log.appendAsLeader(batch(0, 3), 0);
      log.appendAsLeader(batch(3, 2), 0);
      log.appendAsLeader(batch(5, 1), 0);
      const offsets = async (...args: Parameters<typeof log.read>): Promise<number> =>
        (await log.read(...args)).length;
      const one = batch(0, 3).length;
      expect(await offsets(1, 1, 6)).toBe(one);
      expect(await offsets(1, one + 1, 6)).toBe(one);
      expect(await offsets(0, 10_000, 6)).toBe(one + batch(3, 2).length + batch(5, 1).length);
      expect(await offsets(0, 10_000, 5)).toBe(one + batch(3, 2).length);
      expect(await offsets(0, 10_000, 4)).toBe(one);
      expect(await offsets(4, 10_000, 4)).toBe(0);
      expect(await rejectionOf(log.read(5, 1, 4))).toBe("OFFSET_OUT_OF_RANGE");
      expect(await rejectionOf(log.read(-1, 1, 6))).toBe("OFFSET_OUT_OF_RANGE");
      await log.close();
    }));

  test("finds offsets by time", () =>
    place(async (env) => {
      const log = await open(env);
      await fill(log, 25);
      expect(await log.offsetForTime(0, 25)).toEqual({ offset: 0, timestampMs: 1000 });
      expect(await log.offsetForTime(1013, 25)).toEqual({ offset: 13, timestampMs: 1013 });
      expect(await log.offsetForTime(1013, 13)).toBeUndefined();
      expect(await log.offsetForTime(1025, 25)).toBeUndefined();
      await log.close();
    }));

  test("knows where epochs end, also after it was opened again", () =>
    place(async (env) => {
      const log = await open(env);
      expect(log.endOffsetForEpoch(3)).toEqual({ epoch: -1, endOffset: 0 });
      await fill(log, 5, 0);
      await fill(log, 5, 3);
      log.beginEpoch(5);
      expect(log.lastEpoch).toBe(5);
      await log.flush();
      const again = await open(env);
      for (const each of [log, again]) {
        expect(each.endOffsetForEpoch(-1)).toEqual({ epoch: -1, endOffset: 0 });
        expect(each.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 5 });
        expect(each.endOffsetForEpoch(2)).toEqual({ epoch: 0, endOffset: 5 });
        expect(each.endOffsetForEpoch(3)).toEqual({ epoch: 3, endOffset: 10 });
        expect(each.endOffsetForEpoch(9)).toEqual({ epoch: 5, endOffset: 10 });
      }
      await again.close();
    }));

  test("answers a producer's last five batches again, and refuses what is out of order", () =>
    place(async (env) => {
      let log = await open(env);
      for (let i = 0; i < 7; i++) log.appendAsLeader(batch(i, 1, stampOf(9, i)), 0);
      for (let life = 0; life < 3; life++) {
        expect(log.appendAsLeader(batch(2, 1, stampOf(9, 2)), 0)).toEqual({
          firstOffset: 2,
          lastOffset: 2,
          isDuplicate: true,
        });
        expect(codeOf(() => log.appendAsLeader(batch(1, 1, stampOf(9, 1)), 0))).toBe(
          "OUT_OF_ORDER_SEQUENCE_NUMBER",
        );
        expect(codeOf(() => log.appendAsLeader(batch(8, 1, stampOf(9, 8)), 0))).toBe(
          "OUT_OF_ORDER_SEQUENCE_NUMBER",
        );
        expect(codeOf(() => log.appendAsLeader(batch(8, 1, stampOf(4, 8)), 0))).toBe("UNKNOWN_PRODUCER_ID");
        expect(log.producer(9)).toEqual(stampOf(9, 6));
        if (life === 0) await log.close();
        log = await open(env, { wasClosedCleanly: life === 0 });
      }
      log.appendAsLeader(batch(7, 1, stampOf(9, 0, 1)), 0);
      expect(codeOf(() => log.appendAsLeader(batch(8, 1, stampOf(9, 7)), 0))).toBe("INVALID_PRODUCER_EPOCH");
      expect(log.logEndOffset).toBe(8);
      await log.close();
    }));

  test("goes from the largest sequence to 0", () =>
    place(async (env) => {
      const log = await open(env);
      const copy = await open(env, { directory: "copy" });
      log.appendAsLeader(batch(0, 1, stampOf(9, 0)), 0);
      const last = batch(1, 3, stampOf(9, 0x7ffffffe));
      new DataView(last.buffer).setBigInt64(0, 1n);
      copy.appendAsFollower(await log.read(0, 1, 1));
      copy.appendAsFollower(last);
      expect(copy.appendAsLeader(batch(4, 2, stampOf(9, 1)), 0)).toMatchObject({ firstOffset: 4 });
      await log.close();
      await copy.close();
    }));

  test("follows a leader, byte for byte", () =>
    place(async (env) => {
      const leader = await open(env);
      const follower = await open(env, { directory: "follower", segmentBytes: 700 });
      await fill(leader, 10, 2);
      await fill(leader, 10, 4);
      while (follower.logEndOffset < 20) {
        const fetched = await leader.read(follower.logEndOffset, 330, 20);
        follower.appendAsFollower(fetched.subarray(0, fetched.length - (fetched.length > 200 ? 5 : 0)));
        await follower.flush();
      }
      expect(await headersOf(follower)).toEqual(await headersOf(leader));
      expect(follower.inspect().epochs).toEqual(leader.inspect().epochs);
      const first = await leader.read(0, 1, 20);
      expect(codeOf(() => follower.appendAsFollower(first))).toBe("CORRUPT_MESSAGE");
      first[80]! ^= 1;
      expect(codeOf(() => follower.appendAsFollower(first))).toBe("CORRUPT_MESSAGE");
      await leader.close();
      await follower.close();
    }));

  test("is cut at its end, for good, with epochs and producers", () =>
    place(async (env) => {
      const log = await open(env);
      for (let i = 0; i < 30; i++) {
        log.appendAsLeader(batch(i, 1, stampOf(9, i)), i < 15 ? 0 : 6);
        if (i % 3 === 0) await log.flush();
      }
      expect(log.recoveryPoint).toBe(28);
      await log.truncateTo(12);
      expect([log.logEndOffset, log.recoveryPoint, log.lastEpoch]).toEqual([12, 12, 0]);
      expect(log.producer(9)).toEqual(stampOf(9, 11));
      expect(values(await recordsIn(log))).toEqual(filled(0, 12));
      expect(await log.verify()).toEqual([]);
      log.beginEpoch(7);
      await log.truncateTo(12);
      expect(log.lastEpoch).toBe(0);
      log.appendAsLeader(batch(12, 1, stampOf(9, 12)), 8);
      await log.verify();
      const again = await open(env, { recoveryPoint: 28 });
      expect(values(await recordsIn(again))).toEqual(filled(0, 13));
      expect(again.inspect().epochs).toEqual(log.inspect().epochs);
      expect(again.producer(9)).toEqual(stampOf(9, 12));
      await again.truncateTo(0);
      expect([again.logEndOffset, again.lastEpoch, again.producer(9)]).toEqual([0, -1, undefined]);
      await fill(again, 3, 9);
      expect(values(await recordsIn(again))).toEqual(filled(0, 3));
      await again.close();
    }));

  test("begins anew where it is told to, above or below its end", () =>
    place(async (env) => {
      const log = await open(env);
      for (const offset of [100, 50]) {
        await fill(log, 10, 1);
        await log.restartAt(offset);
        expect([log.logStartOffset, log.logEndOffset, log.lastEpoch]).toEqual([offset, offset, -1]);
        const again = await open(env, { recoveryPoint: 10 });
        expect([again.logStartOffset, again.logEndOffset]).toEqual([offset, offset]);
      }
      await fill(log, 4, 2);
      expect(values(await recordsIn(log))).toEqual(filled(50, 54));
      expect(await log.verify()).toEqual([]);
      await log.close();
    }));

  test("deletes whole segments by size and time, below the high watermark", () =>
    place(async (env) => {
      const log = await open(env, { retentionBytes: 900, retentionMs: 100_000 });
      await fill(log, 40, 0);
      const { segments } = log.inspect();
      expect(await log.applyRetention(0, 2000)).toBe(0);
      const gone = await log.applyRetention(segments[3]!.baseOffset, 2000);
      expect(gone).toBe(3);
      expect(log.logStartOffset).toBe(segments[3]!.baseOffset);
      expect(log.inspect().segments).toEqual(segments.slice(3));
      await log.applyRetention(40, 2000);
      expect(log.sizeBytes).toBeGreaterThanOrEqual(900);
      await log.applyRetention(40, 200_000);
      expect(log.inspect().segments).toEqual(segments.slice(-1));
      expect(await rejectionOf(log.read(0, 1, 40))).toBe("OFFSET_OUT_OF_RANGE");
      await log.verify();
      const again = await open(env, {});
      expect(values(await recordsIn(again))).toEqual(filled(again.logStartOffset, 40));
      expect(again.logStartOffset).toBe(log.logStartOffset);
      await again.close();
    }));

  test("forgets what the leader has deleted", () =>
    place(async (env) => {
      const log = await open(env);
      await fill(log, 10, 0);
      await fill(log, 10, 1);
      const done = log.advanceLogStart(13);
      expect(log.logStartOffset).toBe(13);
      await done;
      expect(log.inspect().epochs).toEqual([{ epoch: 1, startOffset: 13 }]);
      expect(log.endOffsetForEpoch(0)).toEqual({ epoch: -1, endOffset: 13 });
      expect(values(await recordsIn(log))).toEqual(filled(13, 20));
      expect(await rejectionOf(log.advanceLogStart(21))).toBe("OFFSET_OUT_OF_RANGE");
      await log.close();
    }));

  test("compacts: the last record of each key, at its offset, and tombstones for a time", () =>
    place(async (env) => {
      const log = await open(env, COMPACTED);
      const latest = new Map<string, string>();
      for (let i = 0; i < 60; i++) {
        const [key, value] = [`k${(i * i) % 7}`, i % 5 === 4 ? null : `v${i}`];
        log.appendAsLeader(encodeBatch([record(key, value)], stampOf(9, i)), i >> 4);
        latest.set(key, `${i}:${key}=${value}`);
        if (i % 2 === 0) await log.flush();
      }
      await log.flush();
      expect(await log.compact(0, 1000)).toBe(false);
      expect(await log.compact(60, 1000)).toBe(true);
      const upTo = log.inspect().firstDirtyOffset;
      expect(upTo).toBe(log.inspect().segments.at(-1)!.baseOffset);
      const found = values(await recordsIn(log));
      expect(found.length).toBeLessThan(20);
      for (const line of latest.values()) expect(found).toContain(line);
      expect(await log.verify()).toEqual([]);
      expect(await log.compact(60, 1050)).toBe(false);
      expect(found.some((line) => line.endsWith("=null"))).toBe(true);
      expect(await log.compact(60, 1100)).toBe(true);
      const later = values((await recordsIn(log)).filter(({ offset }) => offset < upTo));
      expect(later.some((line) => line.endsWith("=null"))).toBe(false);
      const again = await open(env, COMPACTED);
      expect(values(await recordsIn(again))).toEqual(values(await recordsIn(log)));
      expect(again.producer(9)).toEqual(stampOf(9, 59));
      expect(again.inspect().epochs).toEqual(log.inspect().epochs);
      expect(
        codeOf(() =>
          again.appendAsLeader(encodeBatch([{ key: null, value: null, timestampMs: 1 }], undefined), 9),
        ),
      ).toBe("CORRUPT_MESSAGE");
      // Those that became smaller became one.
      expect(again.inspect().segments.length).toBeLessThan(10);
      // What comes in place of what was clean is dirty (KAFKA-3330).
      const cutAt = again.logStartOffset + 9;
      await again.truncateTo(cutAt);
      expect(again.inspect().firstDirtyOffset).toBeLessThanOrEqual(again.logEndOffset);
      await again.close();
    }));

  test("compacts as much at once as there is memory for the keys of", () =>
    place(async (env) => {
      const log = await open(env, { ...COMPACTED, dedupeBufferBytes: 500 });
      for (let i = 0; i < 40; i++) {
        log.appendAsLeader(encodeBatch([record(`k${i % 20}`, `v${i}`)]), 0);
        await log.flush();
      }
      const reached: number[] = [];
      while (await log.compact(40, 1000)) reached.push(log.inspect().firstDirtyOffset);
      // A key takes some 64 bytes: eight of them, then the next eight.
      expect(reached.slice(0, 3)).toEqual([8, 16, 24]);
      const last = log.inspect().segments.at(-1)!.baseOffset;
      expect(reached.at(-1)).toBe(last);
      const below = (await recordsIn(log)).filter(({ offset }) => offset < last);
      // The older ones of a key go where a map has a later one.
      expect(new Set(values(below)).size).toBe(below.length);
      expect(below.length).toBeLessThan(last);
      expect(await log.verify()).toEqual([]);
      await log.close();
    }));
});
