/**
 * The shortest key above `left` and not above `right`, which is above `left`: a prefix of `right` (Bayer and Unterauer,
 * "Prefix B-Trees", 1977). A view.
 */
export function shortestSeparator(left: Uint8Array, right: Uint8Array): Uint8Array {
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared++;
  return right.subarray(0, shared + 1);
}
