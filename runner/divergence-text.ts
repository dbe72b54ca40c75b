/** A seed that is not deterministic, in words. */
import { replayCommand, type RunInput } from "#reports/failure-line.js";
import { timelineLine } from "#reports/timeline.js";
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
    lines.push(`  the first ${difference.index} records are the same, then the two runs part:`);
    lines.push(...difference.before.map((record) => `    ${timelineLine(record)}`));
    const sides = [
      ["1", difference.first],
      ["2", difference.second],
    ] as const;
    for (const [side, records] of sides) {
      if (records.length === 0) lines.push(`  ${side}   (ends here)`);
      lines.push(...records.map((record) => `  ${side} ${timelineLine(record)}`));
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}
