import type { Sequence } from "../store/index.js";

/** What an entry says of its key: that it has a value, or (a tombstone) that it has none. */
export type EntryKind = 0 | 1;
export const TOMBSTONE: EntryKind = 0;
export const PUT: EntryKind = 1;

/** `undefined`: it is done. Else it is done once the promise has resolved. Only a device costs a promise. */
export type Pending = Promise<void> | undefined;

/**
 * Walks entries in internal order: by user key upwards, and for one user key by sequence downwards, so that the
 * newest version comes first. No two entries of one source are equal in both.
 *
 * The entry is given as places in shared arrays, since an array of its own for each would cost more than the step.
 * They are valid until the cursor moves. One move at a time: a pending one has to settle before the next.
 */
export interface Cursor {
  /** Whether it stands on an entry; all else means nothing where it doesn't. False before the first move. */
  readonly isValid: boolean;
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly sequence: Sequence;
  readonly kind: EntryKind;
  readonly valueBytes: Uint8Array;
  readonly valueStart: number;
  /** Equal to `valueStart` for a tombstone. */
  readonly valueEnd: number;
  /** To the first entry of all, or the last. */
  first(): Pending;
  last(): Pending;
  /** To the first entry at or behind (`key`, `sequence`) in internal order: of this key, one that is no newer. */
  seek(key: Uint8Array, sequence: Sequence): Pending;
  /** To the last entry before (`key`, `sequence`) in internal order. */
  seekBefore(key: Uint8Array, sequence: Sequence): Pending;
  /** From an entry to the one behind it, or the one before it. */
  next(): Pending;
  previous(): Pending;
}

/** The version of a key that a look-up found. */
export interface Found {
  readonly kind: EntryKind;
  readonly sequence: Sequence;
  /** A view that nobody changes. Copy it before it leaves the engine. Empty for a tombstone. */
  readonly value: Uint8Array;
}
