/** Up to this length a loop costs less than a view and a call. */
const LOOP_BYTES = 20;

/** Copies `source` from `start` to `end` into `target` at `at`, which has room for it. Gives where it ends there. */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  const length = end - start;
  if (length <= LOOP_BYTES) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
  } else if (length === source.length) target.set(source, at);
  else target.set(source.subarray(start, end), at);
  return at + length;
}
