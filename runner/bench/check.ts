/** `seedstorm bench check`: the linearizability checker, warm, in process, without parsing. */
import { threeDigits, thousands } from "#reports/format.js";
import { table } from "#reports/table.js";
import { EXIT } from "../exit-codes.js";
import type { Output } from "../output.js";
import { manyClients, manyOperations, recordedLoads, type CheckLoad } from "./check-loads.js";
import { sideBySide } from "./measure.js";
import type { BenchOptions } from "./index.js";

/** A run checks again and again for so long: some histories take a part of a millisecond, and are to be warm. */
const RUN_MS = 500;
const MS_PER_S = 1_000;

/** Prints the table. Always gives 0: a benchmark has no verdict. Throws `UsageError`. */
export async function benchCheck(options: BenchOptions, output: Output): Promise<number> {
  const rows: string[][] = [];
  // Made one after another: the largest alone takes some hundred megabytes.
  const recorded = options.histories === undefined ? [] : recordedLoads(options.histories);
  for (const load of recorded) rows.push(await measure(load, options.runs));
  rows.push(await measure(manyClients(40, 1_000), options.runs));
  rows.push(await measure(manyOperations(10, 100, 1_000_000), options.runs));
  const header = ["check", "operations", "linearizable", "ms", "min..max", "Porcupine ms"];
  output.out(`${table(header, rows).join("\n")}\n`);
  if (options.histories === undefined) {
    output.out("  recorded histories are left out: --histories says where they are\n");
  }
  output.out(`  median of ${options.runs} runs, warm, without parsing, Node ${process.version}\n`);
  return EXIT.held;
}

async function measure(load: CheckLoad, runs: number): Promise<string[]> {
  const linearizable = load.check();
  const [rate] = await sideBySide([() => repeat(load)], runs);
  const ms = (perSecond: number): string => threeDigits(MS_PER_S / perSecond);
  return [
    load.name,
    thousands(load.operations),
    `${linearizable} of ${load.histories}`,
    ms(rate!.median),
    `${ms(rate!.max)}..${ms(rate!.min)}`,
    load.porcupine === "" ? "-" : load.porcupine,
  ];
}

/** Gives how often it checked. */
function repeat(load: CheckLoad): number {
  const endMs = performance.now() + RUN_MS;
  let checks = 0;
  do {
    load.check();
    checks++;
  } while (performance.now() < endMs);
  return checks;
}
