import { describe, expect, test } from "vitest";
import {
  childAt,
  keyEnd,
  keyStart,
  makeInlineCell,
  makeInternalCell,
  makeOverflowCell,
  type Chain,
} from "#engines/btree/page/cells.js";
import { overflowImage, trunkImage } from "#engines/btree/page/image.js";
import {
  applyPageOp,
  ENTRIES,
  FREE_COUNT,
  FREE_HEAD,
  imageOf,
  OVERFLOW_COUNT,
  PAGE_COUNT,
  readState,
  STATE_PAGE,
  type PageId,
  type PageOp,
  type StateField,
} from "#engines/btree/page/index.js";
import { cellStart, contentStart, pageCount, pageLink, rightSibling } from "#engines/btree/page/layout.js";
import { getEntry, Lookup, TREE_RULES, verifyTree, type TreeRule } from "#engines/btree/tree/index.js";
import { bytesOf, ModelledTree, verify } from "./support.js";

const PAGE_BYTES = 512;

/** A tree of three levels with overflow chains and a free list of one trunk. */
class PlantedTree {
  readonly tree = new ModelledTree(PAGE_BYTES);
  /** From left to right. */
  readonly leaves: PageId[] = [];

  constructor() {
    for (let i = 0; i < 400; i++) this.#put(`${1000 + i}`, 60);
    this.#put("chain", 3000);
    this.#put("gone", 4000);
    this.tree.step({ type: "remove", key: bytesOf("gone") });
    expect(this.state.height).toBe(3);
    for (let id = this.child(this.child(this.state.root, 0), 0); id !== 0; id = rightSibling(this.page(id))) {
      this.leaves.push(id);
    }
  }

  get state(): ReturnType<typeof readState> {
    return readState(this.page(STATE_PAGE));
  }

  page(id: PageId): Uint8Array {
    return this.tree.pages.pages.get(id)!;
  }

  child(id: PageId, index: number): PageId {
    return childAt(this.page(id), index);
  }

  apply(id: PageId, op: PageOp): void {
    expect(applyPageOp(this.page(id), op)).toBe(true);
  }

  setField(field: StateField, value: number): void {
    this.apply(STATE_PAGE, { kind: "setField", field, value });
  }

  /** Where the value "chain" begins. */
  get chain(): Chain {
    const found = new Lookup();
    expect(getEntry(this.tree.pages.reader, bytesOf("chain"), found)).toBe("found");
    return found.chain!;
  }

  #put(key: string, length: number): void {
    this.tree.step({ type: "put", key: bytesOf(key), length, fill: 1 });
  }
}

/** What was planted, the rules that have to say so, and how. */
const plants: readonly [string, readonly TreeRule[], (planted: PlantedTree) => void][] = [
  [
    "a left sibling link that is wrong",
    ["sibling-link"],
    (p) => p.apply(p.leaves[5]!, { kind: "setLinks", left: p.leaves[3]!, right: p.leaves[6]! }),
  ],
  [
    "a right sibling link that is wrong",
    ["sibling-link"],
    (p) => p.apply(p.leaves[5]!, { kind: "setLinks", left: p.leaves[4]!, right: p.leaves[7]! }),
  ],
  [
    "a last leaf that goes on",
    ["sibling-link"],
    (p) => p.apply(p.leaves.at(-1)!, { kind: "setLinks", left: p.leaves.at(-2)!, right: p.leaves[0]! }),
  ],
  [
    "a sibling link of internal pages that is wrong",
    ["sibling-link"],
    (p) => p.apply(p.child(p.state.root, 1), { kind: "setLinks", left: 0, right: p.child(p.state.root, 2) }),
  ],
  ["a page that nobody refers to", ["page-leaked"], (p) => p.setField(PAGE_COUNT, p.state.pageCount + 1)],
  [
    "a page of the tree that is on the free list too",
    ["page-used-twice", "state-count"],
    (p) => p.apply(p.state.freeHead, { kind: "pushFree", pages: [p.leaves[3]!] }),
  ],
  [
    "two children that are one page",
    ["page-used-twice"],
    (p) => {
      const parent = p.child(p.state.root, 0);
      p.apply(parent, {
        kind: "replaceCell",
        slot: 1,
        cell: makeInternalCell(keyAt(p.page(parent), 1), p.leaves[1]!),
      });
    },
  ],
  ["a wrong number of entries", ["state-count"], (p) => p.setField(ENTRIES, p.state.entries - 1)],
  ["a wrong number of free pages", ["state-count"], (p) => p.setField(FREE_COUNT, p.state.freeCount + 1)],
  [
    "a wrong number of overflow pages",
    ["state-count"],
    (p) => p.setField(OVERFLOW_COUNT, p.state.overflowCount + 1),
  ],
  [
    "a key below its separator",
    ["key-bounds"],
    (p) =>
      p.apply(p.leaves[4]!, {
        kind: "replaceCell",
        slot: 0,
        cell: makeInlineCell(bytesOf("1"), new Uint8Array(20)),
      }),
  ],
  [
    "a key at the next separator",
    ["key-bounds"],
    (p) => {
      const slot = pageCount(p.page(p.leaves[4]!)) - 1;
      const cell = makeInlineCell(bytesOf("9"), new Uint8Array(20));
      p.apply(p.leaves[4]!, { kind: "replaceCell", slot, cell });
    },
  ],
  [
    "keys that don't ascend",
    ["key-order"],
    (p) => {
      const cell = makeInlineCell(keyAt(p.page(p.leaves[4]!), 2), new Uint8Array(60));
      p.apply(p.leaves[4]!, { kind: "replaceCell", slot: 3, cell });
    },
  ],
  [
    "a leaf a level too high",
    ["unbalanced"],
    (p) => p.apply(p.state.root, { kind: "setLeftmost", child: p.leaves[0]! }),
  ],
  [
    "a leaf with too little in it",
    ["underfull"],
    (p) => {
      const count = pageCount(p.page(p.leaves[6]!)) - 1;
      p.apply(p.leaves[6]!, { kind: "removeCells", slot: 1, count });
      p.setField(ENTRIES, p.state.entries - count);
    },
  ],
  [
    "a last leaf with nothing in it",
    ["underfull"],
    (p) => {
      const last = p.leaves.at(-1)!;
      const count = pageCount(p.page(last));
      const chain = chainOf(p);
      p.apply(last, { kind: "removeCells", slot: 0, count });
      p.setField(ENTRIES, p.state.entries - count);
      p.setField(OVERFLOW_COUNT, 0);
      p.apply(p.state.freeHead, { kind: "pushFree", pages: chain });
      p.setField(FREE_COUNT, p.state.freeCount + chain.length);
    },
  ],
  [
    "a child that is no page of the tree",
    ["page-type", "page-used-twice"],
    (p) => p.apply(p.child(p.state.root, 0), { kind: "setLeftmost", child: p.state.freeHead }),
  ],
  ["a state page that is none", ["page-type"], (p) => p.apply(STATE_PAGE, trunkImage([], 0))],
  [
    "a reference beyond the last page",
    ["page-out-of-range"],
    (p) => p.apply(p.child(p.state.root, 0), { kind: "setLeftmost", child: p.state.pageCount }),
  ],
  [
    "a reference to a superblock",
    ["page-out-of-range"],
    (p) => p.apply(p.child(p.state.root, 0), { kind: "setLeftmost", child: 1 }),
  ],
  ["a slot that leads nowhere", ["page-cells"], (p) => p.page(p.leaves[2]!).fill(0, 34, 36)],
  [
    "a byte where nothing is",
    ["page-cells"],
    (p) => (p.page(p.leaves[2]!)[contentStart(p.page(p.leaves[2]!)) - 1] = 1),
  ],
  ["two slots for one cell", ["page-cells"], (p) => p.page(p.leaves[2]!).copyWithin(34, 32, 34)],
  [
    "a chain that ends too soon",
    ["overflow-chain"],
    (p) => p.apply(p.chain.firstPage, overflowImage(new Uint8Array(480), p.chain.stamp, 0, 480, 0)),
  ],
  [
    "a chain that leads into another value's",
    ["overflow-chain"],
    (p) => {
      const { firstPage, stamp } = p.chain;
      const next = pageLink(p.page(firstPage));
      p.apply(firstPage, overflowImage(new Uint8Array(480), stamp ^ 1, 0, 480, next));
    },
  ],
  [
    "a short value in a chain",
    ["overflow-chain"],
    (p) => {
      const [first, ...rest] = chainOf(p);
      const slot = pageCount(p.page(p.leaves.at(-1)!)) - 1;
      p.apply(first!, overflowImage(new Uint8Array(50), 7, 0, 50, 0));
      p.apply(p.leaves.at(-1)!, {
        kind: "replaceCell",
        slot,
        cell: makeOverflowCell(bytesOf("chain"), { firstPage: first!, length: 50, stamp: 7 }),
      });
      p.setField(OVERFLOW_COUNT, 1);
      p.apply(p.state.freeHead, { kind: "pushFree", pages: rest });
      p.setField(FREE_COUNT, p.state.freeCount + rest.length);
    },
  ],
  [
    "a trunk that is none",
    ["free-list"],
    (p) => p.apply(p.state.freeHead, overflowImage(new Uint8Array(4), 0, 0, 4, 0)),
  ],
  ["a free list that is lost", ["state-count", "page-leaked"], (p) => p.setField(FREE_HEAD, 0)],
  ["a page that can't be read", ["page-unreadable"], (p) => p.tree.pages.pages.delete(p.leaves[3]!)],
];

function keyAt(page: Uint8Array, slot: number): Uint8Array {
  const at = cellStart(page, slot);
  return page.slice(keyStart(page, at), keyEnd(page, at));
}

function chainOf(planted: PlantedTree): PageId[] {
  const ids: PageId[] = [];
  for (let id = planted.chain.firstPage; id !== 0;) {
    ids.push(id);
    id = new DataView(planted.page(id).buffer).getUint32(28, true);
  }
  return ids;
}

describe("verifyTree", () => {
  test("finds nothing where nothing is", () => {
    const planted = new PlantedTree();
    planted.tree.checkStructure();
    expect(planted.leaves.length).toBeGreaterThan(20);
    expect(chainOf(planted).length).toBe(7);
  });

  for (const [what, rules, plant] of plants) {
    test(`finds ${what}, and nothing else`, () => {
      const planted = new PlantedTree();
      plant(planted);
      const check = verifyTree(planted.tree.pages.reader);
      let step = check.next();
      while (step.done !== true) step = check.next(step.value === 0 ? undefined : "a read error");
      expect([...new Set(step.value.problems.map(({ rule }) => rule))]).toEqual(rules);
    });
  }

  test("every rule was broken once", () => {
    expect([...new Set(plants.flatMap(([, rules]) => rules))].sort()).toEqual([...TREE_RULES].sort());
  });

  test("asks for what is missing, goes on with it, and gives others their turns", () => {
    const planted = new PlantedTree();
    const { reader } = planted.tree.pages;
    let present: PageId = 0;
    const check = verifyTree({ ...reader, page: (id) => (id === present ? reader.page(id) : undefined) });
    let turns = 0;
    let step = check.next();
    for (; step.done !== true; step = check.next()) {
      if (step.value === 0) turns++;
      else present = step.value;
    }
    expect(step.value).toEqual(verify(reader));
    expect(step.value.problems).toEqual([]);
    expect(turns).toBeGreaterThan(0);
  });

  test("an image of each page gives the same tree", () => {
    const planted = new PlantedTree();
    for (const [id, page] of planted.tree.pages.pages) {
      const copy = new Uint8Array(PAGE_BYTES).fill(0xa5);
      expect(applyPageOp(copy, imageOf(page))).toBe(true);
      planted.tree.pages.pages.set(id, copy);
    }
    planted.tree.checkStructure();
    planted.tree.checkEntries();
  });
});
