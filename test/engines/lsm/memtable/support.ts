import type { Random } from "#engines/env/index.js";

/** A linear congruential generator, as good as tests need. */
export function randomOf(seed: number): Random {
  let state = seed;
  const uint32 = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return { uint32, below: (bound) => Math.floor((uint32() * bound) / 0x1_0000_0000) };
}
