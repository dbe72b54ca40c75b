import type { FaultKind } from "#sim/faults/index.js";
import type { Scenario } from "#sim/scenario.js";
import { UsageError } from "../errors.js";
import { suggest } from "./nearest.js";

/**
 * `+kind,-kind`: what is on or off whatever the swarm draws. Throws `UsageError` for a kind that the scenario
 * does not admit, one that comes twice, and a missing sign.
 */
export function parseFaults(scenario: Scenario, texts: readonly string[]): Map<FaultKind, boolean> {
  const switches = new Map<FaultKind, boolean>();
  const kinds = Object.keys(scenario.faults);
  for (const text of texts.flatMap((list) => list.split(","))) {
    const sign = text[0];
    const kind = text.slice(1);
    if (sign !== "+" && sign !== "-") {
      throw new UsageError(
        "--faults",
        "+kind or -kind",
        JSON.stringify(text),
        "write it as +crash,-power-loss",
      );
    }
    if (!kinds.includes(kind)) {
      throw new UsageError("--faults", `a fault of ${scenario.name}`, kind, suggest(kind, kinds));
    }
    if (switches.has(kind as FaultKind)) {
      throw new UsageError("--faults", "each kind once", `${kind} twice`, "leave one out");
    }
    switches.set(kind as FaultKind, sign === "+");
  }
  return switches;
}
