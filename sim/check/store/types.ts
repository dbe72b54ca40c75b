import type { Operation } from "../history.js";

/** What a write does to one key. No value: it deletes it. */
export interface StoreChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Bounds as `KeyValueStore.iterate` takes them. */
export interface KeyRange {
  readonly gte?: Uint8Array;
  readonly gt?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse?: boolean;
}

/** What is read of the state at `sequence`. `isSnapshot`: of a snapshot that was taken some time ago. */
export type StoreQuery = { readonly sequence: number; readonly isSnapshot: boolean } & (
  { readonly kind: "get"; readonly key: Uint8Array } | { readonly kind: "scan"; readonly range: KeyRange }
);

export type StoreInput = { readonly kind: "write"; readonly changes: readonly StoreChange[] } | StoreQuery;

/** A write's sequence, a value or none, or how many entries were read. */
export type StoreAnswer =
  | { readonly kind: "written"; readonly sequence: number }
  | { readonly kind: "value"; readonly value: Uint8Array | undefined }
  | { readonly kind: "entries"; readonly count: number };

export type StoreOperation = Operation<StoreInput, StoreAnswer>;

export type StoreRule =
  /** Something that was promised to be kept is not there, or an older state of it is. */
  | "acknowledged-lost"
  /** A value says who wrote it, but has other bytes. */
  | "acknowledged-changed"
  /** Nobody wrote that. */
  | "invented"
  /** A write that was reported as certainly not done is there. */
  | "failed-yet-there"
  /** A part of an atomic batch is there without the rest. */
  | "torn-batch"
  /** What was deleted, or missing when the store was opened, is back. */
  | "resurrected"
  /** Something above the end of the prefix is there, or a sequence below it belongs to nobody. */
  | "hole"
  /** A read shows an older state than that of its sequence. */
  | "stale-read"
  /** A read shows a newer state than that of its sequence. */
  | "future-read"
  /** One snapshot gives two answers, or another state than it was taken of. */
  | "snapshot-changed"
  /** A write was given a sequence below what was there before it began. */
  | "order"
  | "sequence-reused"
  /** Keys out of order, twice, or out of the bounds. */
  | "iterator-wrong";

/** A broken rule. `rule` is stable: it becomes the name of the finding's invariant. */
export interface StoreBroken {
  readonly rule: StoreRule;
  readonly message: string;
  /** Ids in the history: the operations whose promise was broken. */
  readonly operations: readonly number[];
}
