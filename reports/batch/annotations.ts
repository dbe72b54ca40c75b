/**
 * Workflow commands that GitHub Actions shows on the page of a run and beside a pull request
 * (docs.github.com, "Workflow commands for GitHub Actions").
 */
import { replayCommand } from "../failure-line.js";
import { plural } from "../format.js";
import { printable } from "../printable.js";
import type { BatchTally } from "../tally.js";
import type { BatchFacts } from "./facts.js";

/** An `::error` line for each failure, for vacuity and for a seed that is not deterministic, with newlines. */
export function annotations(tally: BatchTally, facts: BatchFacts): string {
  const lines = tally.failures().map(({ key, count, first }) => {
    const { seed, findings } = first[0]!;
    return errorLine(facts, key, [
      findings[0]?.message ?? "",
      `${plural(count, "seed")}, the first is ${seed}`,
      replayCommand(facts.input, seed),
    ]);
  });
  const divergent = facts.verify?.divergent;
  if (divergent !== undefined) {
    const command = replayCommand(facts.input, divergent);
    lines.push(
      errorLine(facts, "not deterministic", [`seed ${divergent} ran otherwise a second time`, command]),
    );
  }
  if (facts.vacuous.length > 0) lines.push(errorLine(facts, "vacuous", facts.vacuous));
  return lines.map((line) => `${line}\n`).join("");
}

function errorLine(facts: BatchFacts, title: string, lines: readonly string[]): string {
  const text = lines.map(printable).join("\n");
  return `::error title=${property(printable(`${facts.scenario}: ${title}`))}::${data(text)}`;
}

/** The escapes of actions/toolkit, packages/core/src/command.ts. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
