/**
 * The oracle of an ordered key-value store with atomic batches, snapshots and iterators: what it shows is always
 * the state behind some prefix of the writes, and never less than it has promised to keep.
 *
 * What lives here: the oracle (`oracle.ts`); what is known of the writes between two recoveries (`era.ts`) and in
 * all (`ledger.ts`); the reads that can't be judged yet (`pending-reads.ts`); which writes without an answer explain
 * what was found (`explain.ts`); and what a wrong answer is called (`blame.ts`).
 *
 * What it promises: no false alarm, whatever a store does that keeps `KeyValueStore`'s promises; every read is
 * held to the one state of its sequence as soon as all writes up to it are known, and otherwise, when the process
 * is gone, to the states that the writes without an answer allow. What it does not: it doesn't check that space is
 * reclaimed, nor that the store answers at all; and where writes without an answer explain two reads of different
 * sequences each on its own, it does not ask whether they explain both together.
 */
export { StoreOracle, type StoreOracleOptions, type StorePromise } from "./oracle.js";
export { textOfKey } from "./key-text.js";
export type {
  KeyRange,
  StoreAnswer,
  StoreBroken,
  StoreChange,
  StoreEntry,
  StoreInput,
  StoreOperation,
  StoreQuery,
  StoreRule,
} from "./types.js";
