/**
 * Integer mixing. Every keyed decision, tie and trace digest goes through these, so they must give the same
 * bits on every engine: 32-bit integer operations only.
 */

/** The finalizer of MurmurHash3 (Appleby): every input bit reaches every output bit. */
export function finalize(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One round of MurmurHash3: folds `word` into `h`. Not final: end with `finalize`. */
export function fold(h: number, word: number): number {
  word = Math.imul(word, 0xcc9e2d51);
  word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  h ^= word;
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** A stable 32-bit hash of a short ASCII or UTF-16 text, for names and paths. */
export function hashText(text: string): number {
  let h = text.length | 0;
  for (let i = 0; i < text.length; i++) h = fold(h, text.charCodeAt(i));
  return finalize(h);
}

/** A stable 32-bit hash of bytes, four at a time. For digests of content, not for checksums on disk. */
export function hashBytes(bytes: Uint8Array): number {
  const length = bytes.length;
  const whole = length - (length & 3);
  let h = length | 0;
  let i = 0;
  for (; i < whole; i += 4) {
    h = fold(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  }
  for (; i < length; i++) h = fold(h, bytes[i]!);
  return finalize(h);
}
