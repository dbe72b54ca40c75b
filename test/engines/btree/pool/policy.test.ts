import { describe, expect, test } from "vitest";
import { Frame, HotCoolPolicy, LruPolicy, type EvictionPolicy } from "#engines/btree/pool/index.js";

const NO_BYTES = new Uint8Array(0);
const any = (): boolean => true;

/** A pool that is nothing but its policy: pages come when they are asked for, and others go. */
class Pages {
  readonly frames = new Map<number, Frame>();
  readonly policy: EvictionPolicy;
  readonly capacity: number;

  constructor(policy: EvictionPolicy, capacity: number) {
    this.policy = policy;
    this.capacity = capacity;
  }

  /** Whether the page was there. */
  use(id: number): boolean {
    const present = this.frames.get(id);
    if (present !== undefined) {
      this.policy.touched(present);
      return true;
    }
    if (this.frames.size === this.capacity) {
      const victim = this.policy.victim(any)!;
      this.policy.removed(victim);
      this.frames.delete(victim.id);
    }
    const frame = new Frame(id, NO_BYTES, 0);
    this.frames.set(id, frame);
    this.policy.added(frame);
    this.policy.touched(frame);
    return false;
  }

  order(): number[] {
    const order: number[] = [];
    for (;;) {
      const victim = this.policy.victim(any);
      if (victim === undefined) return order;
      this.policy.removed(victim);
      order.push(victim.id);
    }
  }
}

describe("an LRU pool", () => {
  test("lets the page go that was used last the longest time ago", () => {
    const pages = new Pages(new LruPolicy(), 4);
    for (const id of [1, 2, 3, 4, 1, 3]) pages.use(id);
    expect(pages.order()).toEqual([2, 4, 1, 3]);
  });
});

describe("a hot-cool pool", () => {
  test("lets pages that were used once go in the order in which they came", () => {
    const pages = new Pages(new HotCoolPolicy(8), 8);
    for (let id = 1; id <= 8; id++) pages.use(id);
    expect(pages.order()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("keeps those that are used again, and cools them down one after the other", () => {
    const pages = new Pages(new HotCoolPolicy(8), 8);
    for (const id of [1, 2, 3, 4, 5, 6, 1, 2]) pages.use(id);
    expect(pages.order()).toEqual([3, 4, 5, 6, 1, 2]);
  });

  test("takes the looks of one operation for one use", () => {
    const pages = new Pages(new HotCoolPolicy(64), 64);
    for (let id = 0; id < 64; id++) for (let look = 0; look < 5; look++) pages.use(id);
    expect(pages.order()).toEqual(Array.from({ length: 64 }, (_, id) => id));
  });

  test("keeps its hot pages while a scan passes; an LRU pool loses them", () => {
    const scan = (policy: EvictionPolicy): number => {
      const pages = new Pages(policy, 32);
      // Used twice, with others in between: hot.
      for (let round = 0; round < 3; round++) {
        for (let id = 0; id < 8; id++) pages.use(id);
        for (let id = 100; id < 106; id++) pages.use(id + round * 10);
      }
      for (let id = 1000; id < 1100; id++) pages.use(id);
      return Array.from({ length: 8 }, (_, id) => pages.use(id)).filter(Boolean).length;
    };
    expect(scan(new HotCoolPolicy(32))).toBe(8);
    expect(scan(new LruPolicy())).toBe(0);
  });

  test("passes over what may not go", () => {
    const policy = new HotCoolPolicy(8);
    const pages = new Pages(policy, 8);
    for (const id of [1, 2, 3, 4, 1]) pages.use(id);
    expect(policy.victim((frame) => frame.id === 1)?.id).toBe(1);
    expect(policy.victim((frame) => frame.id === 3)?.id).toBe(3);
    expect(policy.victim(() => false)).toBeUndefined();
  });
});
