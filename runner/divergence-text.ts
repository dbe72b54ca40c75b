/** A seed that is not deterministic, in words. */
import { replayCommand, type RunInput } from "#reports/failure-line.js";
import { differenceLines } from "./diff/index.js";
import type { Divergence } from "./verify.js";

/** Where the two runs of the seed part, with what both say before. */
export function divergenceText(divergence: Divergence, input: RunInput): string {
  const { seed, hashes, difference } = divergence;
  const lines = [
    `seed ${seed}  NOT DETERMINISTIC  trace ${hashes[0]}, then ${hashes[1]}  ${replayCommand(input, seed)}`,
  ];
  if (difference === undefined) {
    lines.push("  two more runs, traced, did not show where: it depends on what ran before, or on chance");
  } else {
    lines.push(...differenceLines(difference, ["1", "2"]).map((line) => `  ${line}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}
