/**
 * What the storage engines have in common: the interface `KeyValueStore`, its errors, and the order of keys.
 *
 * What lives here: the seam that `engines/lsm` and `engines/btree` implement, and the helpers that both need. What
 * it promises: one contract suite (`test/engines/store/contract.ts`) holds every implementation to what the comments
 * here say, in the simulator and on real files. What it does not: nothing here touches a disk, and what keeps a second
 * store out of a directory knows only of this process and this environment.
 */
export { boundsOf, isAboveLower, isBelowUpper, type Bound, type Bounds } from "./bounds.js";
export { checkBatch, checkKey } from "./check-batch.js";
export { checkChoice, checkInteger, checkOptions } from "./check-options.js";
export { claimDirectory } from "./claims.js";
export { DIRECTORY_MARKS, refuseOtherEngine } from "./directory-mark.js";
export { busyIterator, checkSeek, closedIterator, noEntry } from "./iterator-use.js";
export { compareBytes, compareKeys } from "./keys.js";
export { isPromise, type MaybePromise } from "./maybe-promise.js";
export {
  StoreDamagedError,
  StoreError,
  badArgument,
  closed,
  readOnly,
  snapshotGone,
  toStoreError,
  tooLarge,
  type StoreErrorCode,
} from "./errors.js";
export type { StoreProblem, StoreReport } from "./report.js";
export type { LevelStats, StoreStats } from "./stats.js";
export type {
  KeyValueStore,
  Range,
  ReadOptions,
  Sequence,
  Snapshot,
  StoreIterator,
  StoreLimits,
  WriteOperation,
} from "./store.js";
