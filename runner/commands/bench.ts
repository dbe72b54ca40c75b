/** `seedstorm bench`: finds the benchmark and runs it. */
import { BENCHES } from "../bench/index.js";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";

/** The options of `bench`, as typed. */
export interface BenchArguments {
  readonly name: string;
  readonly runs?: string;
  readonly dir?: string;
  readonly json?: boolean;
  readonly histories?: string;
}

const DEFAULT_RUNS = 5;
const MAX_RUNS = 1_000;

/** Gives the exit code. Throws `UsageError` for a name that there is not, or an option that it does not take. */
export async function bench(args: BenchArguments, output: Output): Promise<number> {
  const { name, ...given } = args;
  const entry = BENCHES.get(name);
  if (entry === undefined) {
    throw new UsageError("<name>", "a benchmark", name, suggest(name, [...BENCHES.keys()]));
  }
  const runs = given.runs === undefined ? DEFAULT_RUNS : parseInteger("--runs", given.runs, 1, MAX_RUNS);
  for (const option of ["dir", "json", "histories"] as const) {
    if (given[option] === undefined || entry.takes.includes(option)) continue;
    throw new UsageError(`--${option}`, "a benchmark that takes it", name, "leave it out");
  }
  const benchmark = await entry.load();
  return benchmark({ ...given, runs }, output);
}
