// The buffer pool against a map of what each page should hold, on a device that fails.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BufferPool, makePolicy, PageBuffers, type EvictionKind } from "#engines/btree/pool/index.js";
import { readPageLsn, writePageLsn } from "#engines/btree/page/index.js";
import { DiskError, assert } from "#engines/env/index.js";

const PAGE_BYTES = 512;
const CAPACITY = 4;
const PAGES = 12;

/** A page of that LSN: the number stands all over it. */
function pageOf(lsn: number): Uint8Array {
  const bytes = new Uint8Array(PAGE_BYTES).fill(lsn & 0xff);
  writePageLsn(bytes, lsn);
  return bytes;
}

class Rig {
  readonly disk = new Map<number, Uint8Array>();
  readonly latest = new Map<number, number>();
  readonly pinned: { id: number; unpin: () => void }[] = [];
  readonly pool: BufferPool;
  lsn = 0;
  durableLsn = 0;
  isFull = false;
  failures = 0;
  reads = 0;

  constructor(kind: EvictionKind) {
    for (let id = 0; id < PAGES; id++) {
      this.disk.set(id, pageOf(0));
      this.latest.set(id, 0);
    }
    this.pool = new BufferPool({
      capacityPages: CAPACITY,
      policy: makePolicy(kind, CAPACITY),
      buffers: new PageBuffers(PAGE_BYTES, 8),
      source: {
        expect: (id) => assert(id < PAGES, "there is such a page"),
        read: async (id) => {
          this.reads++;
          const bytes = this.disk.get(id)!.slice();
          await Promise.resolve();
          return bytes;
        },
        write: (id, bytes) => {
          if (this.isFull) throw new DiskError("ENOSPC", `page ${id}`);
          expect(readPageLsn(bytes)).toBeLessThanOrEqual(this.durableLsn);
          this.disk.set(id, bytes.slice());
        },
      },
      log: this,
      hooks: {
        evictedDirty: () => undefined,
        synced: () => undefined,
        overflowed: () => undefined,
        failed: () => void this.failures++,
        evictsEarly: () => this.lsn % 7 === 3,
      },
    });
  }

  /** The log's. */
  async sync(): Promise<void> {
    await Promise.resolve();
    this.durableLsn = this.lsn;
  }

  async load(id: number): Promise<void> {
    const frame = await this.pool.load(id);
    this.expectLatest(id, frame.bytes);
    this.pinned.push({ id, unpin: () => this.pool.unpin(frame) });
  }

  /** As the writer does it: the page is pinned while its next state is made. */
  async change(id: number): Promise<void> {
    const frame = await this.pool.load(id);
    this.lsn++;
    const old = this.pool.publish(id, pageOf(this.lsn), this.lsn)!;
    this.expectLatest(id, old);
    this.latest.set(id, this.lsn);
    this.pool.unpin(frame);
  }

  expectLatest(id: number, bytes: Uint8Array): void {
    expect(readPageLsn(bytes)).toBe(this.latest.get(id));
    expect(bytes[PAGE_BYTES - 1]).toBe(this.latest.get(id)! & 0xff);
  }

  check(): void {
    for (let id = 0; id < PAGES; id++) {
      const bytes = this.pool.frame(id)?.bytes;
      if (bytes !== undefined) this.expectLatest(id, bytes);
      else expect(readPageLsn(this.disk.get(id)!)).toBe(this.latest.get(id));
    }
    for (const { id } of this.pinned) expect(this.pool.frame(id)).toBeDefined();
    const dirty = this.pool.dirtyIds();
    expect(dirty.length).toBe(this.pool.dirtyPages);
    expect(dirty).toEqual([...dirty].sort((a, b) => a - b));
  }
}

type Step =
  | { readonly kind: "load" | "change" | "together"; readonly id: number }
  | { readonly kind: "unpin" | "sync" | "write" | "room" | "fill" | "free" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("load" as const), id: fc.nat(PAGES - 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("change" as const), id: fc.nat(PAGES - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("together" as const), id: fc.nat(PAGES - 1) }) },
  { weight: 4, arbitrary: fc.constant({ kind: "unpin" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...(["sync", "write", "room", "fill", "free"] as const).map((kind) => ({ kind })),
    ),
  },
);

async function run(rig: Rig, one: Step): Promise<void> {
  const { pool } = rig;
  if (one.kind === "load") await rig.load(one.id);
  else if (one.kind === "change") await rig.change(one.id);
  else if (one.kind === "together") {
    const before = rig.reads;
    const isPresent = pool.frame(one.id) !== undefined;
    await Promise.all([rig.load(one.id), rig.load(one.id), rig.load((one.id + 1) % PAGES)]);
    expect(rig.reads - before).toBeLessThanOrEqual(isPresent ? 1 : 2);
  } else if (one.kind === "unpin") rig.pinned.pop()?.unpin();
  else if (one.kind === "sync") rig.durableLsn = rig.lsn;
  else if (one.kind === "room") {
    await pool.makeRoom();
    const isBounded = !rig.isFull && new Set(rig.pinned.map(({ id }) => id)).size <= CAPACITY;
    if (isBounded) expect(pool.pages).toBeLessThanOrEqual(CAPACITY);
  } else if (one.kind === "write") {
    const [id] = pool.dirtyIds();
    if (id === undefined || rig.isFull) return;
    rig.durableLsn = rig.lsn;
    pool.write(pool.frame(id)!);
  } else rig.isFull = one.kind === "fill";
}

for (const kind of ["lru", "hot-cool"] as const) {
  test(`a ${kind} pool always has the latest of each page, in memory or on the disk`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const rig = new Rig(kind);
        for (const one of steps) {
          await run(rig, one);
          rig.check();
        }
        expect(rig.failures).toBe(0);
      }),
      { seed: 7, numRuns: 150 },
    );
  });
}

describe("a pool", () => {
  test("refuses to write a page whose log record is not durable", async () => {
    const rig = new Rig("lru");
    await rig.change(1);
    expect(() => rig.pool.write(rig.pool.frame(1)!)).toThrow("before its log record is durable");
    expect(rig.pool.frame(1)!.isDirty).toBe(true);
    rig.durableLsn = rig.lsn;
    rig.pool.write(rig.pool.frame(1)!);
    expect(readPageLsn(rig.disk.get(1)!)).toBe(1);
  });

  test("syncs the log where only that keeps pages from going", async () => {
    const rig = new Rig("hot-cool");
    for (let id = 0; id < CAPACITY; id++) await rig.change(id);
    expect(rig.durableLsn).toBe(0);
    await rig.load(9);
    expect(rig.durableLsn).toBe(CAPACITY);
    expect(rig.pool.pages).toBe(CAPACITY);
  });

  test("keeps what it can't write, lets the others go, and says why", async () => {
    const rig = new Rig("lru");
    for (let id = 0; id < CAPACITY; id++) await rig.change(id);
    rig.durableLsn = rig.lsn;
    rig.isFull = true;
    await rig.load(9);
    expect(rig.pool.pages).toBe(CAPACITY + 1);
    expect(rig.pool.noSpace?.code).toBe("ENOSPC");
    expect(rig.pool.overflows).toBe(1);
    rig.pinned.pop()!.unpin();
    await rig.pool.makeRoom();
    expect(rig.pool.frame(9)).toBeUndefined();
    expect(rig.pool.dirtyPages).toBe(CAPACITY);
    rig.isFull = false;
    await rig.load(10);
    expect(rig.pool.pages).toBe(CAPACITY);
    expect(rig.pool.noSpace).toBeUndefined();
  });

  test("forgets a read that failed", async () => {
    const rig = new Rig("lru");
    rig.disk.delete(3);
    await expect(rig.pool.load(3)).rejects.toThrow();
    rig.disk.set(3, pageOf(0));
    await rig.load(3);
    expect(rig.pool.misses).toBe(2);
  });
});
