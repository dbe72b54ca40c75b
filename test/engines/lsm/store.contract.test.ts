// The LSM tree keeps the contract of all stores, with thresholds so small that everything happens in each test.
import { LsmStore } from "#engines/lsm/index.js";
import { storeContract } from "../store/contract.js";
import { onFiles, simulated } from "../store/places.js";
import { TINY } from "./support.js";

storeContract("a leveled tree in the simulator", {
  place: simulated,
  open: (env) => LsmStore.open(env, TINY),
});

storeContract("a size-tiered tree without a cache on real files", {
  place: onFiles,
  open: (env) =>
    LsmStore.open(env, {
      ...TINY,
      policy: { kind: "none" },
      strategy: "size-tiered",
      blockCacheBytes: 0,
      memtableBytes: 4096,
    }),
});
