// The B-tree keeps the contract of all stores, with thresholds so small that everything happens in each test.
import { BtreeStore } from "#engines/btree/index.js";
import { storeContract } from "../store/contract.js";
import { PLACES, simulated } from "../store/places.js";
import { TINY } from "./support.js";

for (const [name, place] of PLACES) {
  storeContract(`a tiny tree ${name}`, { place, open: (env) => BtreeStore.open(env, TINY) });
}

storeContract("a tree with an LRU pool", {
  place: simulated,
  open: (env) => BtreeStore.open(env, { ...TINY, pageBytes: 1024, poolBytes: 16 * 1024, eviction: "lru" }),
});
