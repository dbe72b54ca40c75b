/** The one line of a failing seed, and the command that runs it again. */
import type { FaultSwitches } from "#sim/faults/index.js";
import type { ParameterValues } from "#sim/scenario.js";
import { PLAIN, type Palette } from "./palette.js";
import type { SeedReport } from "./seed-report.js";

/** What the user gave beside the seed. */
export interface RunInput {
  /** As typed: a name, or the path of a module. */
  readonly scenario: string;
  /** Only those given. */
  readonly parameters: ParameterValues;
  readonly switches: FaultSwitches;
  /** How this program is called here: `seedstorm`, or `npx seedstorm` in a checkout. */
  readonly program: string;
}

/** The command that shows this seed's timeline, for a POSIX shell. */
export function replayCommand(input: RunInput, seed: number): string {
  const words = ["replay", quoted(input.scenario), "--seed", String(seed)];
  for (const [name, value] of input.parameters) words.push("--param", quoted(`${name}=${value}`));
  if (input.switches.size > 0) words.push(`--faults=${faultsText(input.switches)}`);
  return `${input.program} ${words.join(" ")}`;
}

/** The switches as `--faults` takes them. */
export function faultsText(switches: FaultSwitches): string {
  return [...switches].map(([kind, on]) => `${on ? "+" : "-"}${kind}`).join(",");
}

/** `seed 42  FAIL  <invariant>  <replay command>`: two spaces between the fields, for grep and awk. */
export function failureLine(report: SeedReport, input: RunInput, palette: Palette = PLAIN): string {
  const invariant = report.findings[0]?.invariant ?? "none";
  return `seed ${report.seed}  ${palette.red("FAIL")}  ${invariant}  ${replayCommand(input, report.seed)}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
