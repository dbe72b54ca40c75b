/** The one line of a failing seed, and the command that runs it again. */
import type { FaultSwitches } from "#sim/faults/index.js";
import type { ParameterValues } from "#sim/scenario.js";
import { isPrintable, printable } from "./printable.js";
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
  const words = ["replay", quoted(input.scenario), "--seed", String(seed), ...parameterWords(input)];
  if (input.switches.size > 0) words.push(`--faults=${faultsText(input.switches)}`);
  return `${input.program} ${words.join(" ")}`;
}

/** The command that does something with a file, such as `replay` or `shrink`. */
export function fileCommand(program: string, command: string, path: string): string {
  return `${program} ${command} ${quoted(path)}`;
}

/** The command that explores this seed again; `imagesPerPoint` only where it was given. */
export function exploreCommand(input: RunInput, seed: number, imagesPerPoint?: number): string {
  const words = ["run", quoted(input.scenario), "--explore", "crashpoints", "--seed", String(seed)];
  if (imagesPerPoint !== undefined) words.push("--images", String(imagesPerPoint));
  return `${input.program} ${[...words, ...parameterWords(input)].join(" ")}`;
}

function parameterWords(input: RunInput): string[] {
  return [...input.parameters].flatMap(([name, value]) => ["--param", quoted(`${name}=${value}`)]);
}

/** The switches as `--faults` takes them. */
export function faultsText(switches: FaultSwitches): string {
  return [...switches].map(([kind, on]) => `${on ? "+" : "-"}${kind}`).join(",");
}

/** `seed 42  FAIL  <invariant>  <replay command>`: two spaces between the fields, for grep and awk. */
export function failureLine(
  report: Pick<SeedReport, "seed" | "findings">,
  input: RunInput,
  palette: Palette = PLAIN,
): string {
  const invariant = report.findings[0]?.invariant ?? "none";
  return failureText(report.seed, invariant, replayCommand(input, report.seed), palette);
}

/** The same for a seed that failed in another way than in a batch. */
export function failureText(
  seed: number,
  invariant: string,
  command: string,
  palette: Palette = PLAIN,
): string {
  return `seed ${seed}  ${palette.red("FAIL")}  ${printable(invariant)}  ${command}`;
}

/** The word as one word of a POSIX shell. */
export function quoted(word: string): string {
  // Dollar-single-quotes (POSIX.1-2024) keep even a newline on the line.
  if (!isPrintable(word)) return `$'${printable(word.replaceAll(/['\\]/g, "\\$&"))}'`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
