/** `seedstorm bench wal`: the log on real files under every policy, next to the bare calls that it needs. */
import { thousands, threeDigits } from "#reports/format.js";
import { table } from "#reports/table.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Output } from "../output.js";
import { inTemporaryDirectory } from "../temporary-directory.js";
import { deviceCode } from "./device-code.js";
import { rateOf, type Rate } from "./measure.js";
import type { Measured } from "./closed-loop.js";
import { RECORD_BYTES, measureLoad, type Floor, type Load } from "./wal-loads.js";
import type { BenchOptions } from "./index.js";

const WRITERS: readonly number[] = [1, 8, 64];
const INTERVAL_US = 10_000;
const MEASURE_MS = 200;

interface Row {
  readonly policy: SyncPolicy;
  readonly writers: number;
  readonly preallocate: boolean;
  readonly floor: Floor;
}

/** The rows that share a floor, after it: what is compared is measured one after the other. */
interface Group {
  readonly floor: Load;
  readonly rows: readonly Row[];
}

/** What a row's rounds came to. `ratio`: the median of the rounds' ratios, each to the floor beside it. */
interface Result {
  readonly row: Row;
  readonly rate: Rate;
  readonly floorRate: Rate;
  readonly ratio: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** One round: every floor and every row once. */
type Round = ReadonlyMap<Group, readonly [floor: Measured, ...rows: Measured[]]>;

/** Prints the table, or with `json` one object a row. Gives 0, or 130 after Ctrl-C with the rounds that were finished. */
export async function benchWal(options: BenchOptions, output: Output): Promise<number> {
  const groups = plan();
  return interruptible((signal) =>
    inTemporaryDirectory(options.dir, "--dir", async (directory) => {
      const rounds: Round[] = [];
      // The first one warms up.
      for (let round = 0; round <= options.runs; round++) {
        const measured = await measureRound(directory, groups, round, signal);
        if (measured === undefined) break;
        if (round > 0) rounds.push(measured);
      }
      if (rounds.length > 0) print(summarize(groups, rounds), rounds.length, options.json ?? false, output);
      return signal.aborted ? EXIT.interrupted : EXIT.held;
    }),
  );
}

/** Preallocation is of use only to who syncs; so the others go without. */
function plan(): Group[] {
  const synced = (policy: SyncPolicy, writers: readonly number[], floor: Floor): Row[] =>
    [false, true].flatMap((preallocate) =>
      writers.map((count) => ({ policy, writers: count, preallocate, floor })),
    );
  const cached = (policy: SyncPolicy): Row[] =>
    WRITERS.map((writers) => ({ policy, writers, preallocate: false, floor: "append" }));
  return [
    {
      floor: { kind: "floor", floor: "append + fdatasync", writers: 1 },
      rows: synced({ kind: "each" }, WRITERS, "append + fdatasync"),
    },
    ...WRITERS.map((writers): Group => ({
      floor: { kind: "floor", floor: "group commit", writers },
      rows: synced({ kind: "group" }, [writers], "group commit"),
    })),
    {
      floor: { kind: "floor", floor: "append", writers: 1 },
      rows: [...cached({ kind: "interval", intervalUs: INTERVAL_US }), ...cached({ kind: "none" })],
    },
  ];
}

/** Undefined where it was interrupted. */
async function measureRound(
  directory: string,
  groups: readonly Group[],
  round: number,
  signal: AbortSignal,
): Promise<Round | undefined> {
  const results = new Map<Group, readonly [Measured, ...Measured[]]>();
  for (const group of groups) {
    const loads = [group.floor, ...group.rows.map((row): Load => ({ kind: "wal", ...row }))];
    const measured: Measured[] = [];
    // Each second round goes the other way, so that a machine that slows down favours nobody.
    const order = round % 2 === 0 ? loads : loads.toReversed();
    for (const load of order) {
      if (signal.aborted) return undefined;
      measured.push(await measureLoad(directory, load, MEASURE_MS).catch(refuseDirectory));
    }
    if (round % 2 !== 0) measured.reverse();
    results.set(group, measured as [Measured, ...Measured[]]);
  }
  return results;
}

/** Turns what the file system says into one line about the directory, and passes on everything else. */
function refuseDirectory(error: unknown): never {
  const code = deviceCode(error);
  if (code === undefined) throw error;
  throw new UsageError("--dir", "a directory with room to write to", code, "name another one");
}

function summarize(groups: readonly Group[], rounds: readonly Round[]): Result[] {
  return groups.flatMap((group) => {
    const floors = rounds.map((round) => round.get(group)![0].acksPerSecond);
    return group.rows.map((row, index) => {
      const measured = rounds.map((round) => round.get(group)![index + 1]!);
      const median = (of: (each: Measured, round: number) => number): number =>
        rateOf(measured.map(of)).median;
      return {
        row,
        rate: rateOf(measured.map(({ acksPerSecond }) => acksPerSecond)),
        floorRate: rateOf(floors),
        ratio: median(({ acksPerSecond }, round) => acksPerSecond / floors[round]!),
        p50Us: median(({ p50Us }) => p50Us),
        p99Us: median(({ p99Us }) => p99Us),
      };
    });
  });
}

function print(results: readonly Result[], rounds: number, json: boolean, output: Output): void {
  if (json) {
    for (const result of results) output.out(`${jsonLine(result, rounds)}\n`);
    return;
  }
  const header = ["wal", "writers", "appends/s", "min..max", "p50 us", "p99 us", "floor", "floor/s", "ratio"];
  const rows = results.map(({ row, rate, floorRate, ratio, p50Us, p99Us }) => [
    `${policyName(row.policy)}${row.preallocate ? ", preallocated" : ""}`,
    String(row.writers),
    thousands(rate.median),
    `${thousands(rate.min)}..${thousands(rate.max)}`,
    threeDigits(p50Us),
    threeDigits(p99Us),
    row.floor,
    thousands(floorRate.median),
    ratio.toFixed(2),
  ]);
  output.out(`${table(header, rows).join("\n")}\n`);
  output.out(
    `  records of ${RECORD_BYTES} B; medians of ${rounds} rounds, in turn with the floors, Node ${process.version}\n`,
  );
}

function jsonLine({ row, rate, floorRate, ratio, p50Us, p99Us }: Result, rounds: number): string {
  const { policy, writers, preallocate, floor } = row;
  return JSON.stringify({
    bench: "wal",
    policy: policy.kind,
    writers,
    preallocate,
    recordBytes: RECORD_BYTES,
    rounds,
    appendsPerSecond: rate,
    p50Us,
    p99Us,
    floor,
    floorPerSecond: floorRate,
    ratio,
  });
}

function policyName(policy: SyncPolicy): string {
  return policy.kind === "interval" ? `interval ${policy.intervalUs / 1_000} ms` : policy.kind;
}
