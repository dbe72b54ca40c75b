/** `seedstorm bench broker`: one and three real broker processes on loopback, with real files, and one process of clients. */
import { join } from "node:path";
import { thousands, threeDigits } from "#reports/format.js";
import { table } from "#reports/table.js";
import { EXIT } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Output } from "../output.js";
import { BrokerConnection } from "../serve/broker-connection.js";
import { LocalCluster } from "../serve/local-cluster.js";
import { inTemporaryDirectory } from "../temporary-directory.js";
import type { Measured } from "./closed-loop.js";
import {
  BENCH_ACKS,
  LOADS,
  fill,
  measureConsume,
  measureProduce,
  prepareTopics,
  whenThere,
  type BenchAcks,
  type ProduceLoad,
} from "./broker-loads.js";
import { rateOf, type Rate } from "./measure.js";
import { measureLoad } from "./wal-loads.js";
import type { BenchOptions } from "./index.js";

const MEASURE_MS = 400;
const FLOOR_MS = 200;

interface ClusterKind {
  readonly brokers: number;
  readonly durability: "cache" | "sync";
}

const KINDS: readonly ClusterKind[] = [
  { brokers: 1, durability: "cache" },
  { brokers: 3, durability: "cache" },
  { brokers: 1, durability: "sync" },
  { brokers: 3, durability: "sync" },
];

/** One measurement of each load and acks, and of the consumer. */
interface Round {
  readonly produced: readonly (readonly Measured[])[];
  readonly consumedPerSecond: number;
}

interface Produced {
  readonly acks: BenchAcks;
  readonly rate: Rate;
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Row {
  readonly kind: ClusterKind;
  readonly load: ProduceLoad;
  /** As `BENCH_ACKS`. */
  readonly produced: readonly Produced[];
  /** The median of the ratios of single rounds: `all` over 1. */
  readonly ratio: number;
}

interface Result {
  readonly kind: ClusterKind;
  readonly rows: readonly Row[];
  readonly consumed: Rate;
}

/**
 * Prints the tables, or with `json` one object a row. Gives 0, or 130 after Ctrl-C with the clusters that were finished.
 * The clusters take turns, each with files of its own.
 */
export async function benchBroker(options: BenchOptions, output: Output): Promise<number> {
  return interruptible((signal) =>
    inTemporaryDirectory(options.dir, "--dir", async (directory) => {
      const { p50Us: syncUs } = await measureLoad(
        directory,
        { kind: "floor", floor: "append + fdatasync", writers: 1 },
        FLOOR_MS,
      );
      const results: Result[] = [];
      for (const kind of KINDS) {
        const files = join(directory, `${kind.brokers}-${kind.durability}`);
        const rounds = await onCluster(kind, files, (connection) =>
          measureRounds(connection, options.runs, signal),
        );
        if (signal.aborted) break;
        results.push(summarize(kind, rounds));
      }
      if (options.json === true) printJson(results, options.runs, syncUs, output);
      else if (results.length > 0) print(results, options.runs, syncUs, output);
      return signal.aborted ? EXIT.interrupted : EXIT.held;
    }),
  );
}

async function onCluster<T>(
  { brokers, durability }: ClusterKind,
  directory: string,
  work: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const cluster = await LocalCluster.start(brokers, directory, { engine: "broker", durability });
  try {
    const connection = await BrokerConnection.open(cluster.addresses);
    try {
      await whenThere(connection, brokers);
      await prepareTopics(connection, brokers);
      return await work(connection);
    } finally {
      await connection.close();
    }
  } finally {
    await cluster.close();
  }
}

/** The first one warms up. What is interrupted is of no use. */
async function measureRounds(
  connection: BrokerConnection,
  runs: number,
  signal: AbortSignal,
): Promise<Round[]> {
  await fill(connection);
  const rounds: Round[] = [];
  for (let round = 0; round <= runs && !signal.aborted; round++) {
    const produced: Measured[][] = [];
    for (const load of LOADS) {
      const measured: Measured[] = [];
      for (const acks of BENCH_ACKS) {
        if (signal.aborted) return rounds;
        measured.push(await measureProduce(connection, load, acks, MEASURE_MS));
      }
      produced.push(measured);
    }
    const consumedPerSecond = await measureConsume(connection, MEASURE_MS);
    if (round > 0) rounds.push({ produced, consumedPerSecond });
  }
  return rounds;
}

function summarize(kind: ClusterKind, rounds: readonly Round[]): Result {
  const rows = LOADS.map((load, row): Row => {
    const produced = BENCH_ACKS.map((acks, column): Produced => {
      const measured = rounds.map((round) => round.produced[row]![column]!);
      const median = (of: (each: Measured) => number): number => rateOf(measured.map(of)).median;
      return {
        acks,
        rate: rateOf(measured.map(({ acksPerSecond }) => acksPerSecond)),
        p50Us: median(({ p50Us }) => p50Us),
        p99Us: median(({ p99Us }) => p99Us),
      };
    });
    const ratios = rounds.map(({ produced: of }) => of[row]![1]!.acksPerSecond / of[row]![0]!.acksPerSecond);
    return { kind, load, produced, ratio: rateOf(ratios).median };
  });
  return { kind, rows, consumed: rateOf(rounds.map(({ consumedPerSecond }) => consumedPerSecond)) };
}

function printJson(results: readonly Result[], rounds: number, syncUs: number, output: Output): void {
  const line = (what: object): void => output.out(`${JSON.stringify({ bench: "broker", ...what })}\n`);
  for (const { kind, rows, consumed } of results) {
    for (const { load, produced } of rows) {
      for (const { acks, rate, p50Us, p99Us } of produced) {
        line({ ...kind, ...load, acks, rounds, recordsPerSecond: rate, p50Us, p99Us, syncUs });
      }
    }
    line({ ...kind, operation: "consume", rounds, recordsPerSecond: consumed });
  }
}

function print(results: readonly Result[], rounds: number, syncUs: number, output: Output): void {
  const header = ["brokers", "stored in", "record", "in flight", "linger ms", "batch KiB"];
  for (const acks of BENCH_ACKS) header.push(`acks ${acks}: records/s`, "p50 us", "p99 us");
  header.push("all/1");
  const rows = results.flatMap((result) =>
    result.rows.map(({ kind, load, produced, ratio }) => [
      String(kind.brokers),
      kind.durability,
      `${load.recordBytes} B`,
      thousands(load.inFlight),
      String(load.lingerUs / 1_000),
      String(load.batchBytes / 1_024),
      ...produced.flatMap(({ rate, p50Us, p99Us }) => [
        thousands(rate.median),
        threeDigits(p50Us),
        threeDigits(p99Us),
      ]),
      ratio.toFixed(2),
    ]),
  );
  output.out(`${table(header, rows).join("\n")}\n\n`);
  const consumed = results.map(({ kind, consumed: rate }) => [
    String(kind.brokers),
    kind.durability,
    thousands(rate.median),
    `${thousands(rate.min)}..${thousands(rate.max)}`,
  ]);
  output.out(`${table(["brokers", "stored in", "consumed records/s", "min..max"], consumed).join("\n")}\n`);
  output.out(
    `\n  broker processes and one of clients on loopback; one partition on all brokers, all but one in sync at least;\n` +
      `  one producer, idempotent with acks all; medians of ${rounds} rounds, Node ${process.version}\n`,
  );
  output.out(`  one append + fdatasync takes ${threeDigits(syncUs)} us here\n`);
}
