// Views against copies of all pages at each sequence.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BufferPool, makePolicy, PageBuffers } from "#engines/btree/pool/index.js";
import { Views, type View } from "#engines/btree/views.js";

const PAGE_BYTES = 512;
const PAGES = 5;

interface Held {
  readonly view: View;
  readonly pages: readonly number[];
  readonly isLasting: boolean;
}

class Rig {
  readonly buffers = new PageBuffers(PAGE_BYTES, 64);
  readonly pool: BufferPool;
  readonly views: Views;
  readonly held: Held[] = [];
  pages: number[] = [];
  sequence = 0;
  gaveUp = 0;

  constructor(keptPages: number) {
    this.pool = new BufferPool({
      capacityPages: 16,
      policy: makePolicy("lru", 16),
      buffers: this.buffers,
      source: {
        expect: () => undefined,
        read: () => Promise.reject(new Error("all is in memory")),
        write: () => undefined,
      },
      log: { durableLsn: 0, sync: () => Promise.resolve() },
      hooks: {
        evictedDirty: () => undefined,
        synced: () => undefined,
        overflowed: () => undefined,
        failed: () => undefined,
        evictsEarly: () => false,
      },
    });
    const limits = { sequence: 0, keptBytesMost: keptPages * PAGE_BYTES };
    this.views = new Views(this.pool, this.buffers, limits, {
      gaveUp: () => void this.gaveUp++,
      readOlder: () => undefined,
    });
    this.publish(Array.from({ length: PAGES }, (_, id) => id));
  }

  /** New states of these pages. */
  publish(ids: readonly number[]): void {
    this.sequence++;
    this.pages = [...this.pages];
    for (const id of new Set(ids)) {
      // Recycled buffers hold what views must no longer see.
      const bytes = this.buffers.take().fill(this.sequence);
      const old = this.pool.publish(id, bytes, this.sequence);
      if (old !== undefined) this.views.replaced(id, old, this.sequence);
      this.pages[id] = this.sequence;
    }
    this.views.published(this.sequence);
  }

  /** The bound holds after every publication, unless a view that lasts needs more. */
  check(keptPages: number, isPublished: boolean): void {
    for (const { view, pages, isLasting } of this.held) {
      if (view.isGone) {
        expect(isLasting).toBe(false);
        continue;
      }
      for (const [id, expected] of pages.entries()) {
        const bytes = view.page(id)!;
        expect([bytes[0], bytes[PAGE_BYTES - 1]]).toEqual([expected, expected]);
      }
    }
    const lasting = this.held.some(({ isLasting }) => isLasting);
    if (isPublished && !lasting) expect(this.views.keptBytes).toBeLessThanOrEqual(keptPages * PAGE_BYTES);
    if (this.held.length === 0) expect(this.views.keptBytes).toBe(0);
  }
}

type Step =
  | { readonly kind: "publish"; readonly ids: readonly number[] }
  | { readonly kind: "close"; readonly at: number }
  | { readonly kind: "again"; readonly at: number }
  | { readonly kind: "open" | "lasting" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      ids: fc.array(fc.nat(PAGES - 1), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "open" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "lasting" as const }) },
  {
    weight: 3,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant("close" as const), at: fc.nat(9) }),
      fc.record({ kind: fc.constant("again" as const), at: fc.nat(9) }),
    ),
  },
);

function run(rig: Rig, one: Step): void {
  const { views, held, pages } = rig;
  if (one.kind === "publish") rig.publish(one.ids);
  else if (one.kind === "open") held.push({ view: views.open(), pages, isLasting: false });
  else if (one.kind === "lasting") held.push({ view: views.openLasting(), pages, isLasting: true });
  else if (one.kind === "close" || one.kind === "again") {
    const chosen = held[one.at % Math.max(1, held.length)];
    if (chosen === undefined) return;
    if (one.kind === "again" && !chosen.view.isGone)
      held.push({ ...chosen, view: chosen.view.again(), isLasting: false });
    if (one.kind === "again") return;
    chosen.view.close();
    chosen.view.close();
    held.splice(held.indexOf(chosen), 1);
  }
}

test.each([0, 3, 8, 1000])(
  "views show the state of their sequence, with up to %i pages kept for them",
  (keptPages) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const rig = new Rig(keptPages);
        for (const one of steps) {
          run(rig, one);
          rig.check(keptPages, one.kind === "publish");
        }
        for (const { view } of rig.held.splice(0)) view.close();
        expect([rig.views.keptBytes, rig.views.held]).toEqual([0, 0]);
      }),
      { seed: 11, numRuns: 150 },
    );
  },
);

test("what a view between others needed goes when there is need of the memory, before any view is given up", () => {
  const rig = new Rig(6);
  const oldest = rig.views.open();
  for (let round = 0; round < 30; round++) {
    const passing = rig.views.open();
    rig.publish([0]);
    passing.close();
  }
  expect(rig.gaveUp).toBe(0);
  expect(oldest.page(0)![0]).toBe(1);
  for (let id = 0; id < PAGES; id++) rig.publish([id]);
  expect(oldest.isGone).toBe(false);
  oldest.close();
  expect(rig.views.keptBytes).toBe(0);
});
