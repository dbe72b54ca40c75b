/**
 * The shortest key that is at or above `last` and below `next`, where `last` is below `next`. The index holds these
 * instead of whole keys. May be a view of either.
 */
export function shortestSeparator(last: Uint8Array, next: Uint8Array): Uint8Array {
  let shared = 0;
  while (shared < last.length && last[shared] === next[shared]) shared++;
  if (shared === last.length) return last;
  if (next.length > shared + 1) return next.subarray(0, shared + 1);
  // `next` ends with the byte that differs: at that byte the separator has to stay below it.
  if (last[shared]! + 1 < next[shared]!) return increased(last, shared);
  for (let at = shared + 1; at < last.length - 1; at++) {
    if (last[at]! < 0xff) return increased(last, at);
  }
  return last;
}

/** The key that ends at `at` with a byte one above that of `key`. */
function increased(key: Uint8Array, at: number): Uint8Array {
  const separator = key.slice(0, at + 1);
  separator[at]!++;
  return separator;
}
