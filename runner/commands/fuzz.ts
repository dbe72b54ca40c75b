/** `seedstorm fuzz`: new seeds without an end. */
import { fuzzPlan, FuzzSession, type FuzzArguments } from "../fuzz/index.js";
import type { Output } from "../output.js";

/**
 * Runs a session and gives the exit code. Throws `UsageError` for bad input, `ReportNotWritten` where the corpus
 * can't be written, `PoolFailed` where no worker comes up.
 */
export async function fuzz(args: FuzzArguments, output: Output, signal: AbortSignal): Promise<number> {
  return new FuzzSession(await fuzzPlan(args, output.program), output).run(signal);
}
