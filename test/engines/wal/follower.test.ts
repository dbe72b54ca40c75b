// Who follows a log hears of each batch once, when it is written and when the policy's promise holds.
import { describe, expect, test } from "vitest";
import { Wal, WalError, type RecordSource, type WalFollower, type WrittenBatch } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv, errorOf } from "../support/memory-env.js";
import { POLICIES, SMALL, contents, record } from "./support.js";

/** Notes what it is told; the log's syncs among it. */
class Notes implements WalFollower {
  readonly lines: string[] = [];

  isBusyWith(): boolean {
    return false;
  }

  written(firstLsn: number, batch: WrittenBatch): void {
    const texts: string[] = [];
    batch.forEachRecord((bytes, start, end) => texts.push(bytes.slice(start, end).join(".")));
    expect(texts).toHaveLength(batch.count);
    this.lines.push(`written ${firstLsn}: ${texts.join(" ")}`);
  }

  acknowledged(lastLsn: number, batch: WrittenBatch): void {
    this.lines.push(`acknowledged ${lastLsn}: ${batch.count}, ${batch.recordBytes} bytes`);
  }

  refused(error: WalError): unknown {
    this.lines.push(`refused ${error.code}`);
    return new Error(`the follower's word for ${error.code}`);
  }
}

async function opened(disk: MemoryDisk, policy: (typeof POLICIES)[number]): Promise<[Wal, Notes]> {
  const wal = await Wal.open(new MemoryEnv(disk), { ...SMALL, policy });
  const notes = new Notes();
  wal.follow(notes);
  const { before } = disk;
  disk.before = (operation, path) => {
    if (operation === "sync") notes.lines.push("sync");
    before(operation, path);
  };
  return [wal, notes];
}

function sourceOf(bytes: Uint8Array): RecordSource {
  return {
    sizeBytes: bytes.length,
    writeTo(target, at) {
      target.set(bytes, at);
      return at + bytes.length;
    },
  };
}

test.each(POLICIES)("$kind: written first, then acknowledged, then those who wait", async (policy) => {
  const [wal, notes] = await opened(new MemoryDisk(), policy);
  const answered = wal.append(Uint8Array.of(1, 2)).then((lsn) => notes.lines.push(`answered ${lsn}`));
  expect(wal.unansweredBytes).toBeGreaterThan(2);
  await answered;
  expect(wal.unansweredBytes).toBe(0);
  const isSynced = policy.kind === "each" || policy.kind === "group";
  const written = "written 1: 1.2";
  const [first, second] = isSynced ? ["sync", written] : [written, undefined];
  const expected = [first, second, "acknowledged 1: 1, 2 bytes", "answered 1"];
  expect(notes.lines).toEqual(expected.filter((line) => line !== undefined));
  await wal.close();
});

test("records that are made in their place are those that are copied, in the order of the calls", async () => {
  const [wal, notes] = await opened(new MemoryDisk(), { kind: "group" });
  const appends: Promise<unknown>[] = [];
  for (let i = 0; i < 20; i++) {
    appends.push(i % 2 === 0 ? wal.append(record(i)) : wal.appendFrom(sourceOf(record(i))));
  }
  expect(await Promise.all(appends)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect((await contents(wal)).map((each) => each.join("."))).toEqual(
    Array.from({ length: 20 }, (_, i) => record(i).join(".")),
  );
  expect(notes.lines.filter((line) => line.startsWith("written"))[0]).toContain(
    `1: ${record(0).join(".")} ${record(1).join(".")}`,
  );
  await wal.close();
});

describe("what fails", () => {
  test("for want of space is refused in the follower's words, and was never written", async () => {
    const disk = new MemoryDisk();
    const [wal, notes] = await opened(disk, { kind: "group" });
    disk.failing = (operation) => (operation === "write" ? "ENOSPC" : undefined);
    const error = await errorOf(wal.appendFrom(sourceOf(record(3))));
    expect(error).toMatchObject({ message: "the follower's word for WAL_NO_SPACE" });
    expect(notes.lines.some((line) => /^(written|acknowledged)/.test(line))).toBe(false);
    expect(wal.unansweredBytes).toBe(0);
    disk.failing = () => undefined;
    expect(await wal.append(record(4))).toBe(1);
    await wal.close();
  });

  test("at the sync was written, is not acknowledged, and ends it for all that wait", async () => {
    const disk = new MemoryDisk();
    const [wal, notes] = await opened(disk, { kind: "each" });
    disk.failing = (operation) => (operation === "sync" ? "EIO" : undefined);
    const errors = [wal.append(record(1)), wal.append(record(2))].map(errorOf);
    expect((await Promise.all(errors)).map((error) => (error as Error).message)).toEqual([
      "the follower's word for WAL_SYNC_FAILED",
      "the follower's word for WAL_READ_ONLY",
    ]);
    expect(await errorOf(wal.append(record(3)))).not.toBeInstanceOf(WalError);
    expect(notes.lines.map((line) => line.split(" ")[0])).toEqual([
      "sync",
      "written",
      "refused",
      "refused",
      "refused",
    ]);
    expect(wal.unansweredBytes).toBe(0);
    await errorOf(wal.close());
  });
});
