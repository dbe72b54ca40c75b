// The B-tree keeps the contract of all stores, with thresholds so small that everything happens in each test.
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import { storeContract } from "../store/contract.js";
import { PLACES } from "../store/places.js";
import { TINY } from "./support.js";

const KINDS: readonly (readonly [string, BtreeOptions])[] = [
  ["a tiny tree", TINY],
  ["a tree with an LRU pool", { ...TINY, pageBytes: 1024, poolBytes: 16 * 1024, eviction: "lru" }],
];

for (const [kind, options] of KINDS) {
  for (const [name, place] of PLACES) {
    storeContract(`${kind} ${name}`, { place, open: (env) => BtreeStore.open(env, options) });
  }
}
