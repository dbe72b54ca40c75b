import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { OpenStore } from "./index.js";

const TINY_POOL_PAGES = 32;

export const openStore: OpenStore = (env, { directory, policy, cacheBytes, tinyBytes }) =>
  BtreeStore.open(env, {
    directory,
    policy,
    ...(tinyBytes === undefined ? {} : tiny(tinyBytes)),
    ...(cacheBytes === undefined ? {} : { poolBytes: cacheBytes }),
  });

function tiny(pageBytes: number): Omit<BtreeOptions, "directory"> {
  return {
    wal: { segmentBytes: 4 * pageBytes },
    pageBytes,
    poolBytes: TINY_POOL_PAGES * pageBytes,
    checkpointBytes: 8 * pageBytes,
  };
}
