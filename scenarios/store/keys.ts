/** The keys of a run: few, so that writes meet, and of shapes that are hard on whoever compares or shortens them. */

/**
 * - `numbers`: all of one length, with long common beginnings.
 * - `nested`: each a prefix of some others; the first is empty.
 * - `bytes`: of any bytes and lengths, zeros and 255s among them.
 */
export type KeyShape = "numbers" | "nested" | "bytes";

export const KEY_SHAPES: readonly KeyShape[] = ["numbers", "nested", "bytes"];

const LADDER = 9;

/** Key number `index`, from 0 to 200; different numbers give different keys, of up to 17 bytes. */
export function keyOf(shape: KeyShape, index: number): Uint8Array {
  if (shape === "numbers")
    return ascii(`account/${index % 3 === 0 ? "a" : "b"}/${String(index).padStart(6, "0")}`);
  if (shape === "nested") {
    if (index === 0) return new Uint8Array(0);
    const letter = String.fromCharCode(0x61 + Math.trunc((index - 1) / LADDER));
    return ascii(letter.repeat(1 + ((index - 1) % LADDER)));
  }
  const length = 2 + (Math.imul(index, 0x9e37_79b1) >>> 28);
  const mixed = Math.imul(index + 1, 0x85eb_ca6b);
  return Uint8Array.from({ length }, (_, at) => {
    // The last byte tells them apart, whatever the others are.
    if (at === length - 1) return index;
    return ((mixed >>> (at % 3)) & 1) === 0 ? 0 : 0xff;
  });
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
