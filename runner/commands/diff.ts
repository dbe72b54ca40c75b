/** `seedstorm diff`: what is different between two runs. */
import {
  compareTraces,
  comparisonText,
  CONTEXT_RECORDS,
  Pace,
  sidesOf,
  type SideArguments,
  type Sides,
  type TraceComparison,
} from "../diff/index.js";
import { EXIT } from "../exit-codes.js";
import { parseInteger } from "../input/integer.js";
import type { Output } from "../output.js";
import { inTemporaryDirectory } from "../temporary-directory.js";

/** The options of `diff`, as typed. */
export interface DiffArguments extends SideArguments {
  readonly context?: string;
  readonly json?: boolean;
}

const MAX_CONTEXT = 1_000;

/**
 * Compares two traces or runs and gives the exit code: 0 where they are the same. Throws `UsageError`,
 * `TraceFormatError`, `ReproFormatError` and `ReportNotWritten`.
 */
export async function diff(args: DiffArguments, output: Output, signal: AbortSignal): Promise<number> {
  const context =
    args.context === undefined ? CONTEXT_RECORDS : parseInteger("--context", args.context, 0, MAX_CONTEXT);
  return inTemporaryDirectory(undefined, "the temporary directory", async (directory) => {
    try {
      const sides = await sidesOf(args, directory, output.program, signal);
      if (sides === undefined) return EXIT.interrupted;
      const [first, second] = sides.sides;
      const comparison = await compareTraces([first.path, second.path], context, new Pace(signal));
      const { outPalette } = output;
      const text =
        args.json === true ? jsonText(comparison, sides) : comparisonText(comparison, sides, outPalette);
      output.out(text);
      return comparison.difference === undefined ? EXIT.held : EXIT.broken;
    } catch (error) {
      if (signal.aborted && error === signal.reason) return EXIT.interrupted;
      throw error;
    }
  });
}

/** One object on one line. */
function jsonText(comparison: TraceComparison, { sides, without }: Sides): string {
  const { difference, spread, outcome } = comparison;
  const described = comparison.sides.map((facts, i) => ({ name: sides[i]!.name, ...facts }));
  const same = difference === undefined;
  return `${JSON.stringify({ same, sides: described, without, difference, spread, outcome })}\n`;
}
