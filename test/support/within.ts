/** Waits that end: a test that hangs says what it waited for, long before its own time is up. */

/** Generous: a machine under load is no failure. Below vitest's limit for a test, which would say nothing. */
export const WAIT_MS = 40_000;

/** What `promise` gives; rejects once `ms` have passed, and says then that `what()` never came. */
export function within<T>(what: () => string, promise: Promise<T>, ms: number = WAIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what()}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
