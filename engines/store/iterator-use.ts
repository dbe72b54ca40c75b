/** What a store's iterator says to a call that makes no sense: every engine the same. */
import { kindOf } from "./check-options.js";
import { badArgument, snapshotGone, type StoreError } from "./errors.js";

/** For a `key` or a `value` before the first `next`, behind the last one, and while one is under way. */
export function noEntry(where: string): StoreError {
  return badArgument("an iterator on an entry", "one that is on none", where);
}

/** For a `next` or a `seek` while another `next` is under way. */
export function busyIterator(where: string): StoreError {
  return badArgument("one call of an iterator at a time", "another one under way", where);
}

/** For a `next` behind `close`. Not false: nobody is to believe that this is all there was. */
export function closedIterator(where: string): StoreError {
  return snapshotGone("a closed iterator", where);
}

/** Throws STORE_BAD_ARGUMENT. Any length will do: nothing is stored. */
export function checkSeek(key: Uint8Array, where: string): void {
  if (!(key instanceof Uint8Array)) throw badArgument("a key that is a Uint8Array", kindOf(key), where);
}
