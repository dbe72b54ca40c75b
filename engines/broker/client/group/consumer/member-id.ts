import type { Random } from "../../../../env/index.js";

const HEX_DIGITS = 8;

/** 128 random bits: no two members share it, and nobody has to give it out (KIP-1082). */
export function drawMemberId(random: Random): string {
  const word = (): string => random.uint32().toString(16).padStart(HEX_DIGITS, "0");
  return word() + word() + word() + word();
}
