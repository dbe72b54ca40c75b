import type { Observation } from "#engines/env/index.js";

/** Puts what a server observes of itself into words. What is the same as the line before is left out. */
export function narrator(
  onLine: (line: string) => void,
  lineOf: (observation: Observation) => string | undefined,
): (observation: Observation) => void {
  let before = "";
  return (observation) => {
    const line = lineOf(observation);
    if (line === undefined || line === before) return;
    before = line;
    onLine(line);
  };
}
