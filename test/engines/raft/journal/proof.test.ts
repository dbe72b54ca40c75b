import { describe, expect, test } from "vitest";
import type { File } from "#engines/env/index.js";
import { Journal, type JournalOptions } from "#engines/raft/journal/index.js";
import type { WalEvent } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv, settle } from "../../support/memory-env.js";
import { entries, found, put, voted } from "./support.js";

const ONE_SEGMENT: JournalOptions = { wal: { segmentBytes: 1_000_000 } };

/** A disk whose syncs of files end when the test says so. */
class HeldDisk extends MemoryDisk {
  readonly syncs: (() => void)[] = [];
  holds = false;

  override async open(...args: Parameters<MemoryDisk["open"]>): Promise<File> {
    const file = await super.open(...args);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      if (this.holds) await new Promise<void>((resolve) => this.syncs.push(resolve));
      await sync();
    };
    return file;
  }

  /** Lets the one sync that is under way end, and all that follows from it happen. */
  async endSync(): Promise<void> {
    expect(this.syncs.length).toBe(1);
    this.syncs.shift()!();
    await settle();
  }
}

async function held(
  options: JournalOptions = ONE_SEGMENT,
): Promise<{ journal: Journal; env: MemoryEnv; disk: HeldDisk }> {
  const disk = new HeldDisk();
  const env = new MemoryEnv(disk);
  const journal = new Journal(env, options);
  await journal.recover();
  disk.holds = true;
  return { journal, env, disk };
}

/** How many records each batch had. */
function batches(env: MemoryEnv): number[] {
  const events = (env.events as WalEvent[]).filter((event) => event.kind === "wal/appended");
  return events.map(({ firstLsn, lastLsn }) => lastLsn - firstLsn + 1);
}

describe("an acknowledgement", () => {
  test("of a lone record waits for a proof", async () => {
    const { journal, env, disk } = await held();
    const done: string[] = [];
    void journal.persist(voted(1)).then(() => done.push("a"));
    await settle();
    await disk.endSync();
    expect(done).toEqual([]);
    await disk.endSync();
    expect(done).toEqual(["a"]);
    expect(disk.syncs).toEqual([]);
    expect(batches(env)).toEqual([1, 1]);
  });

  test("needs no proof where another record is queued; that one is", async () => {
    const { journal, env, disk } = await held();
    const done: string[] = [];
    void journal.persist(voted(1)).then(() => done.push("a"));
    await settle();
    for (const name of ["b", "c"]) void journal.persist(voted(2)).then(() => done.push(name));
    await disk.endSync();
    void journal.persist(voted(3)).then(() => done.push("d"));
    expect(done).toEqual([]);
    await disk.endSync();
    expect(done).toEqual(["a"]);
    await disk.endSync();
    expect(done).toEqual(["a", "b", "c"]);
    await disk.endSync();
    expect(done).toEqual(["a", "b", "c", "d"]);
    expect(batches(env)).toEqual([1, 2, 1, 1]);
  });

  test("waits for nothing but the record itself without proveTail", async () => {
    const { journal, env, disk } = await held({ ...ONE_SEGMENT, proveTail: false });
    const done: string[] = [];
    void journal.persist(voted(1)).then(() => done.push("a"));
    await settle();
    await disk.endSync();
    expect(done).toEqual(["a"]);
    expect(batches(env)).toEqual([1]);
  });

  test("never comes where the proof fails: the record may be durable", async () => {
    const { journal, disk } = await held();
    const result = Promise.allSettled([journal.persist(voted(1))]);
    await settle();
    disk.failing = (operation) => (operation === "write" ? "EIO" : undefined);
    await disk.endSync();
    expect((await result)[0]).toMatchObject({ status: "rejected", reason: { code: "WAL_IO_FAILED" } });
    disk.failing = () => undefined;
    expect((await found(disk)).hardState.term).toBe(1);
  });
});

describe("under load", () => {
  /** Through some layers of promises, as a server's shell has them. */
  async function layered(depth: number, done: Promise<void>): Promise<void> {
    if (depth > 0) await layered(depth - 1, done);
    else await done;
  }

  test.each([0, 1, 4])(
    "64 writers need no proofs: each batch proves the one before (%i layers)",
    async (depth) => {
      const { journal, env, disk } = await held();
      const rounds = 10;
      let [index, running] = [0, 64];
      const writer = async (): Promise<void> => {
        for (let i = 0; i < rounds; i++) {
          index++;
          await layered(depth, journal.persist(put({ entries: entries(index, index, 1) })));
        }
        running--;
      };
      // Two halves: one calls while the other's batch is under way.
      for (let i = 0; i < 32; i++) void writer();
      await settle();
      for (let i = 0; i < 32; i++) void writer();
      for (let sync = 0; sync <= 2 * rounds; sync++) await disk.endSync();
      expect(running).toBe(0);
      expect(batches(env)).toEqual([...Array.from({ length: 2 * rounds }, () => 32), 1]);
    },
  );

  test("what queues is divided into batches that fit into a segment", async () => {
    const env = new MemoryEnv();
    const journal = new Journal(env, { wal: { segmentBytes: 512 } });
    await journal.recover();
    const all = Array.from({ length: 40 }, (_, i) =>
      journal.persist(put({ entries: entries(i + 1, i + 1, 1) })),
    );
    await Promise.all(all);
    expect(env.marks).not.toContain("wal/oversize-batch");
    expect(env.marks).toContain("wal/segment-rolled");
    expect((await found(env.disk)).entries.length).toBe(40);
  });
});
