/** Keys as texts: one character a byte, so that texts compare as the keys do and find their way into maps. */
import type { KeyRange } from "./types.js";

export function textOfKey(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

/** The key for people: as it is where that can be printed, else in hex. */
export function nameOfKey(text: string): string {
  if (/^[!-~]+$/.test(text)) return text;
  const hex = Array.from(text, (character) => character.charCodeAt(0).toString(16).padStart(2, "0"));
  return `0x${hex.join("")}`;
}

/** A range with its bounds as texts. */
export interface TextRange {
  readonly gte: string | undefined;
  readonly gt: string | undefined;
  readonly lt: string | undefined;
  readonly lte: string | undefined;
  readonly isReverse: boolean;
}

export function textRangeOf({ gte, gt, lt, lte, reverse }: KeyRange): TextRange {
  const text = (key: Uint8Array | undefined): string | undefined => key && textOfKey(key);
  return { gte: text(gte), gt: text(gt), lt: text(lt), lte: text(lte), isReverse: reverse ?? false };
}

export function isWithin({ gte, gt, lt, lte }: TextRange, key: string): boolean {
  if (gte !== undefined && key < gte) return false;
  if (gt !== undefined && key <= gt) return false;
  if (lt !== undefined && key >= lt) return false;
  return lte === undefined || key <= lte;
}
