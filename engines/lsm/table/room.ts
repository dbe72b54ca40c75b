/** `bytes`, or where they are shorter than `length` a longer copy, grown so that repeated growth stays cheap. */
export function withRoom(bytes: Uint8Array, length: number): Uint8Array {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
