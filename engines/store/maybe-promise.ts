/**
 * What is there at once where no device has to be asked, and a promise of it otherwise. A promise and the turn that
 * it takes cost ten times as much as a look-up in memory.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Tells which of the two it is. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}
