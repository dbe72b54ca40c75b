/** `seedstorm bench`: finds the benchmark and runs it. */
import { BENCHES, BENCH_OPTIONS } from "../bench/index.js";
import { MOST_KEYS } from "../bench/storage-keys.js";
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
  readonly keys?: string;
  readonly cache?: string;
  readonly csv?: string;
  readonly html?: string;
}

const DEFAULT_RUNS = 5;
const MAX_RUNS = 1_000;
/** Fewer say nothing of trees that have levels. */
const LEAST_KEYS = 1_000;
const LEAST_CACHE_BYTES = 1_024 * 1_024;

/** Gives the exit code. Throws `UsageError` for a name that there is not, or an option that it does not take. */
export async function bench(args: BenchArguments, output: Output): Promise<number> {
  const { name, keys, cache, ...given } = args;
  const entry = BENCHES.get(name);
  if (entry === undefined) {
    throw new UsageError("<name>", "a benchmark", name, suggest(name, [...BENCHES.keys()]));
  }
  const runs = given.runs === undefined ? DEFAULT_RUNS : parseInteger("--runs", given.runs, 1, MAX_RUNS);
  for (const option of BENCH_OPTIONS) {
    if (args[option] === undefined || entry.takes.includes(option)) continue;
    throw new UsageError(`--${option}`, "a benchmark that takes it", name, "leave it out");
  }
  const benchmark = await entry.load();
  return benchmark({ ...given, ...sizesOf(keys, cache), runs }, output);
}

function sizesOf(keys?: string, cache?: string): { readonly keys?: number; readonly cacheBytes?: number } {
  return {
    ...(keys === undefined ? {} : { keys: parseInteger("--keys", keys, LEAST_KEYS, MOST_KEYS) }),
    ...(cache === undefined
      ? {}
      : { cacheBytes: parseInteger("--cache", cache, LEAST_CACHE_BYTES, Number.MAX_SAFE_INTEGER) }),
  };
}
