/** What kind of disk a machine has: how fast it is, and what its file system promises about names. */

/**
 * What a sync commits and what a power loss may keep of the metadata (create, rename, remove, mkdir, size).
 *
 * - `journaled`, as ext4 with a journal: every sync of a file or directory commits all metadata operations
 *   before it, and a power loss keeps a prefix of them.
 * - `adversarial`, no more than POSIX says: syncing a file commits its data and size alone, syncing a directory
 *   the operations on its names, and a power loss keeps any dependency-closed subset (`dependencies`).
 */
export type MetadataProfile = "journaled" | "adversarial";

/** Times of an operation: at least `minUs`, else exponential with mean `meanUs`. */
export interface Cost {
  readonly minUs: number;
  readonly meanUs: number;
}

export interface DiskProfile {
  readonly metadata: MetadataProfile;
  /** Of each write or truncate: a copy into the page cache, so fixed. Charged to the next awaited call. */
  readonly writeUs: number;
  /** A read that the page cache answers. */
  readonly cachedReadUs: number;
  readonly read: Cost;
  readonly sync: Cost;
  /** Open, rename, remove, mkdir, list, close. */
  readonly namespace: Cost;
  /** Mean time between runs of the background write-back and eviction while there is something to do. */
  readonly backgroundMeanUs: number;
}

/** A solid-state disk under ext4. */
export const HONEST_PROFILE: DiskProfile = {
  metadata: "journaled",
  writeUs: 2,
  cachedReadUs: 2,
  read: { minUs: 20, meanUs: 80 },
  sync: { minUs: 50, meanUs: 300 },
  namespace: { minUs: 3, meanUs: 15 },
  backgroundMeanUs: 30_000,
};

/** The same under a file system that promises as little as POSIX lets it. */
export const ADVERSARIAL_PROFILE: DiskProfile = { ...HONEST_PROFILE, metadata: "adversarial" };
