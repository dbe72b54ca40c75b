import { badArgument, checkChoice, checkInteger, checkOptions } from "../store/index.js";
import type { SyncPolicy, WalOptions } from "../wal/index.js";
import { MAX_PAGE_BYTES, MIN_PAGE_BYTES } from "./page/index.js";
import type { EvictionKind } from "./pool/index.js";

export interface BtreeOptions {
  /** The store's own directory; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** When a write is acknowledged. Default: `group` without a delay. */
  readonly policy?: SyncPolicy;
  /** Of the log. `segmentBytes`: default half of `checkpointBytes`, up to 16 MiB. */
  readonly wal?: Omit<WalOptions, "directory" | "policy">;
  /** A power of two from 512 to 32768. For a new store only: another one keeps what it was made with. Default 4096. */
  readonly pageBytes?: number;
  /** Memory for pages; at least 16 of them. Default 64 MiB. */
  readonly poolBytes?: number;
  /** Which pages go when the pool is full. Default `hot-cool`. */
  readonly eviction?: EvictionKind;
  /**
   * A checkpoint begins once so much was logged since the one before began. Writers are slowed where it is twice as
   * much, and wait where it is four times as much. Each one has every page that changes after it logged as a whole once:
   * fewer checkpoints write less, and an open takes longer. Default: as much as the pool, at least 64 MiB.
   */
  readonly checkpointBytes?: number;
  /** Memory for pages that snapshots and iterators still need; beyond it the oldest are given up. Default 64 MiB. */
  readonly snapshotBytes?: number;
}

/** The options with all defaults filled in. */
export interface Settings {
  readonly directory: string;
  readonly wal: WalOptions & { readonly policy: SyncPolicy };
  /** How long a group that could take more waits for company. */
  readonly gatherUs: number;
  readonly pageBytes: number;
  readonly poolBytes: number;
  readonly eviction: EvictionKind;
  readonly checkpointBytes: number;
  readonly snapshotBytes: number;
}

const KIB = 1024;
const MIB = KIB * KIB;
/** A path from the root to a leaf, its siblings, and the pages of the free list fit beside each other. */
export const MIN_POOL_PAGES = 16;
const MIN_SEGMENT_BYTES = 4 * KIB;
const MAX_SEGMENT_BYTES = 16 * MIB;
const EVICTION_KINDS: readonly EvictionKind[] = ["lru", "hot-cool"];

/** Throws STORE_BAD_ARGUMENT. The log checks its own. */
export function settingsOf(options: BtreeOptions): Settings {
  checkOptions(options);
  const poolBytes = options.poolBytes ?? 64 * MIB;
  const checkpointBytes = options.checkpointBytes ?? Math.max(64 * MIB, poolBytes);
  const segmentBytes = Math.min(
    MAX_SEGMENT_BYTES,
    Math.max(MIN_SEGMENT_BYTES, Math.floor(checkpointBytes / 2)),
  );
  const policy = options.policy ?? { kind: "group" };
  const settings: Settings = {
    directory: options.directory,
    // The store gathers the company itself: its log sees one group at a time.
    wal: {
      segmentBytes,
      ...options.wal,
      policy: policy.kind === "group" ? { kind: "group" } : policy,
      directory: `${options.directory}/wal`,
    },
    gatherUs: policy.kind === "group" ? (policy.maxDelayUs ?? 0) : 0,
    pageBytes: options.pageBytes ?? 4 * KIB,
    poolBytes,
    eviction: options.eviction ?? "hot-cool",
    checkpointBytes,
    snapshotBytes: options.snapshotBytes ?? 64 * MIB,
  };
  const { pageBytes } = settings;
  checkInteger("pageBytes", pageBytes, MIN_PAGE_BYTES, MAX_PAGE_BYTES);
  if ((pageBytes & (pageBytes - 1)) !== 0) {
    throw badArgument("a power of two", String(pageBytes), "option pageBytes");
  }
  checkInteger("poolBytes", settings.poolBytes, MIN_POOL_PAGES * pageBytes, Number.MAX_SAFE_INTEGER);
  checkInteger("maxDelayUs", settings.gatherUs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("checkpointBytes", checkpointBytes, 1, Number.MAX_SAFE_INTEGER);
  checkInteger("snapshotBytes", settings.snapshotBytes, 0, Number.MAX_SAFE_INTEGER);
  checkChoice("eviction", settings.eviction, EVICTION_KINDS);
  return settings;
}
