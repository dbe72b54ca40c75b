/** `seedstorm check`: whether a history that somebody else recorded is linearizable. */
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { suggest } from "../input/nearest.js";
import { parseInteger } from "../input/integer.js";
import { HISTORY_FORMATS, HISTORY_MODELS, checkHistoryFile } from "../histories/index.js";
import type { Output } from "../output.js";

/** The options of `check`, as typed. */
export interface CheckArguments {
  readonly file: string;
  readonly model?: string;
  readonly format?: string;
  readonly steps?: string;
}

const EXIT_OF = { linearizable: EXIT.held, violation: EXIT.broken, undecided: EXIT.vacuous } as const;

/**
 * Prints the verdict with its explanation and gives the exit code; a history that the step budget did not
 * suffice for proves nothing, as a vacuous batch. Throws `UsageError` and `HistoryFormatError`.
 */
export function check(args: CheckArguments, output: Output): number {
  const model = oneOf("--model", HISTORY_MODELS, args.model);
  const format = oneOf("--format", HISTORY_FORMATS, args.format);
  const stepBudget =
    args.steps === undefined ? undefined : parseInteger("--steps", args.steps, 1, Number.MAX_SAFE_INTEGER);
  const report = checkHistoryFile(args.file, model, format, stepBudget === undefined ? {} : { stepBudget });
  output.out(`${report.lines.join("\n")}\n`);
  return EXIT_OF[report.verdict.verdict];
}

function oneOf<T extends string>(where: string, known: readonly T[], given: string | undefined): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  const expected = `one of ${known.join(", ")}`;
  if (given === undefined) throw new UsageError(where, expected, "none", "say which");
  throw new UsageError(where, expected, given, suggest(given, known));
}
