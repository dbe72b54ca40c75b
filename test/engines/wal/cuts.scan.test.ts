import { describe, expect, test } from "vitest";
import { Wal, type WalChunk } from "#engines/wal/index.js";
import { MemoryEnv, errorOf } from "../support/memory-env.js";
import { SMALL, fill, record, records } from "./support.js";

/** A log of 30 records that a scan has begun to read, and what the scan gave so far. */
async function scanning(): Promise<{ wal: Wal; scan: AsyncGenerator<WalChunk>; seen: Uint8Array[] }> {
  const wal = await Wal.open(new MemoryEnv(), { ...SMALL, readChunkBytes: 64 });
  await fill(wal, 1, 30);
  const scan = wal.scan();
  const first = (await scan.next()).value as WalChunk;
  return { wal, scan, seen: [...first.records] };
}

async function rest(scan: AsyncGenerator<WalChunk>, seen: Uint8Array[]): Promise<Uint8Array[]> {
  for await (const chunk of scan) {
    expect(chunk.firstLsn).toBe(seen.length + 1);
    seen.push(...chunk.records);
  }
  return seen;
}

const others = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => record(100 + i));

describe("a scan that a cut overtakes, before the same LSNs are given again,", () => {
  test("ends early where the cut went below its next record", async () => {
    const { wal, scan, seen } = await scanning();
    const count = seen.length;
    await wal.truncateSuffix(0);
    for (const each of others(30)) await wal.append(each);
    expect(await rest(scan, seen)).toEqual(records(1, count));
  });

  test("ends with the last record that the cut kept", async () => {
    const { wal, scan, seen } = await scanning();
    await wal.truncateSuffix(17);
    for (const each of others(30)) await wal.append(each);
    expect(await rest(scan, seen)).toEqual(records(1, 17));
  });

  test("ends early where the log restarts, wherever it goes on", async () => {
    for (const lsn of [1, 3, 20, 500]) {
      const { wal, scan, seen } = await scanning();
      const count = seen.length;
      await wal.restartAt(lsn);
      for (const each of others(30)) await wal.append(each);
      expect(await rest(scan, seen)).toEqual(records(1, count));
    }
  });

  test("is not disturbed by appends in new segments, nor by cuts before it began", async () => {
    const { wal } = await scanning();
    await wal.restartAt(1);
    await fill(wal, 1, 20);
    await wal.truncateSuffix(10);
    await fill(wal, 11, 30);
    const scan = wal.scan();
    const seen = [...((await scan.next()).value as WalChunk).records];
    await fill(wal, 31, 60);
    expect(await rest(scan, seen)).toEqual(records(1, 30));
  });

  test("still fails where truncatePrefix overtakes it", async () => {
    const { wal, scan, seen } = await scanning();
    await wal.truncatePrefix(25);
    expect(await errorOf(rest(scan, seen))).toMatchObject({ code: "WAL_OUT_OF_RANGE" });
  });
});
