/**
 * The storage engines as programs on real files take them: by name, with the few settings that both have.
 *
 * What lives here: one module for each engine, all with the same `openStore`, so that a process can be told by a
 * URL which store to open, and a test can plant a store with a mistake. What it promises: one meaning of each
 * setting for both engines. What it does not: an engine's own options beyond these.
 */
import type { Env } from "#engines/env/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import { builtModule } from "../built-module.js";

export const STORE_NAMES = ["lsm", "btree"] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** Plain data: it goes through pipes. */
export interface StoreSettings {
  /** Below the root of the environment. */
  readonly directory: string;
  readonly policy: SyncPolicy;
  /** Of the block cache, or the pool of pages. Default: the engine's. */
  readonly cacheBytes?: number;
  /**
   * Everything that has a threshold gets one that is a small multiple of this, so that flushes, compactions, splits,
   * evictions and checkpoints happen all the time. A page of a B-tree has this size: it stays the same for a
   * directory. Default: the engine's thresholds.
   */
  readonly tinyBytes?: number;
}

/** What a module of a store exports as `openStore`. */
export type OpenStore = (env: Env, settings: StoreSettings) => Promise<KeyValueStore>;

/** The URL of the engine's module. */
export function storeModule(name: StoreName): string {
  return builtModule(`stores/${name}`).href;
}

/** Loads it. */
export async function loadStore(module: string): Promise<OpenStore> {
  return ((await import(module)) as { readonly openStore: OpenStore }).openStore;
}
