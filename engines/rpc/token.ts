import type { Random } from "../env/index.js";
import type { Token } from "./types.js";

const TWO_32 = 0x1_0000_0000;
const HIGH_BITS = 1 << 21;

/** 53 random bits, not all 0: no two lives of a node, or of any two nodes that ever talk, share one. */
export function drawToken(random: Random): Token {
  return random.below(HIGH_BITS) * TWO_32 + random.uint32() || 1;
}
