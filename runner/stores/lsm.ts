import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { OpenStore } from "./index.js";

export const openStore: OpenStore = (env, { directory, policy, cacheBytes, tinyBytes }) =>
  LsmStore.open(env, {
    directory,
    policy,
    ...(tinyBytes === undefined ? {} : tiny(tinyBytes)),
    ...(cacheBytes === undefined ? {} : { blockCacheBytes: cacheBytes }),
  });

function tiny(unitBytes: number): Omit<LsmOptions, "directory"> {
  return {
    wal: { segmentBytes: 4 * unitBytes },
    memtableBytes: 2 * unitBytes,
    table: { blockBytes: unitBytes / 4 },
    blockCacheBytes: 16 * unitBytes,
    level1Bytes: 4 * unitBytes,
    levelFactor: 4,
    tableBytes: 2 * unitBytes,
  };
}
