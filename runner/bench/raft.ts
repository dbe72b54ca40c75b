/** `seedstorm bench raft`: three real server processes on loopback, with real files, and one process of clients. */
import type { Consistency } from "#engines/raft/index.js";
import { decodeResult, encodeCommand, encodeQuery } from "#engines/raft/kv/index.js";
import type { RaftClient } from "#engines/raft/service/index.js";
import { thousands, threeDigits } from "#reports/format.js";
import { table } from "#reports/table.js";
import { EXIT } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Output } from "../output.js";
import { LocalCluster } from "../serve/local-cluster.js";
import { RaftConnection } from "../serve/raft-connection.js";
import { inTemporaryDirectory } from "../temporary-directory.js";
import { closedLoop, type Measured } from "./closed-loop.js";
import { rateOf, type Rate } from "./measure.js";
import { measureLoad } from "./wal-loads.js";
import type { BenchOptions } from "./index.js";

const SERVERS = 3;
const IN_FLIGHT: readonly number[] = [1, 16, 64];
const KEYS = 1_000;
const VALUE_BYTES = 100;
const VALUE: string = "v".repeat(VALUE_BYTES);
const MEASURE_MS = 1_000;
const FLOOR_MS = 200;
/** An operation that fails ends the benchmark: nothing is broken here on purpose. */
const PATIENCE = { timeoutUs: 10_000_000 };

type Operation = "put" | `get, ${Consistency}`;

interface Row {
  readonly operation: Operation;
  readonly inFlight: number;
}

const OPERATIONS: readonly Operation[] = ["put", "get, linearizable", "get, lease"];
const ROWS: readonly Row[] = OPERATIONS.flatMap((operation) =>
  IN_FLIGHT.map((inFlight) => ({ operation, inFlight })),
);

/** What a row's rounds came to. */
interface Result {
  readonly row: Row;
  readonly rate: Rate;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** One round: every row once. */
type Round = readonly Measured[];

/** Prints the table, or with `json` one object a row. Gives 0, or 130 after Ctrl-C with the rounds that were finished. */
export async function benchRaft(options: BenchOptions, output: Output): Promise<number> {
  return interruptible((signal) =>
    inTemporaryDirectory(options.dir, "--dir", async (directory) => {
      const { p50Us: syncUs } = await measureLoad(
        directory,
        { kind: "floor", floor: "append + fdatasync", writers: 1 },
        FLOOR_MS,
      );
      const rounds = await onCluster(directory, (clients) => measureRounds(clients, options.runs, signal));
      if (rounds.length > 0) print(summarize(rounds), rounds.length, syncUs, options.json ?? false, output);
      return signal.aborted ? EXIT.interrupted : EXIT.held;
    }),
  );
}

async function onCluster<T>(
  directory: string,
  work: (clients: readonly RaftClient[]) => Promise<T>,
): Promise<T> {
  const cluster = await LocalCluster.start(SERVERS, directory);
  try {
    const connection = await RaftConnection.open(cluster.addresses);
    try {
      return await work(Array.from({ length: Math.max(...IN_FLIGHT) }, () => connection.client()));
    } finally {
      await connection.close();
    }
  } finally {
    await cluster.close();
  }
}

/** The first one warms up. One that was interrupted is left out. */
async function measureRounds(
  clients: readonly RaftClient[],
  runs: number,
  signal: AbortSignal,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round <= runs; round++) {
    const measured: Measured[] = [];
    for (const { operation, inFlight } of ROWS) {
      if (signal.aborted) return rounds;
      let next = 0;
      measured.push(
        await closedLoop(
          (client) => perform(clients[client]!, operation, `key-${next++ % KEYS}`),
          inFlight,
          MEASURE_MS,
        ),
      );
    }
    if (round > 0) rounds.push(measured);
  }
  return rounds;
}

async function perform(client: RaftClient, operation: Operation, key: string): Promise<void> {
  if (operation === "put") {
    await client.execute(encodeCommand({ op: "put", key, value: VALUE }), PATIENCE);
    return;
  }
  const consistency = operation === "get, lease" ? "lease" : "linearizable";
  decodeResult(await client.query(encodeQuery({ op: "get", key }), consistency, PATIENCE));
}

function summarize(rounds: readonly Round[]): Result[] {
  return ROWS.map((row, index) => {
    const measured = rounds.map((round) => round[index]!);
    const median = (of: (each: Measured) => number): number => rateOf(measured.map(of)).median;
    return {
      row,
      rate: rateOf(measured.map(({ acksPerSecond }) => acksPerSecond)),
      p50Us: median(({ p50Us }) => p50Us),
      p99Us: median(({ p99Us }) => p99Us),
    };
  });
}

function print(
  results: readonly Result[],
  rounds: number,
  syncUs: number,
  json: boolean,
  output: Output,
): void {
  if (json) {
    for (const { row, rate, p50Us, p99Us } of results) {
      const { operation, inFlight } = row;
      const line = { bench: "raft", operation, inFlight, servers: SERVERS, valueBytes: VALUE_BYTES, rounds };
      output.out(`${JSON.stringify({ ...line, operationsPerSecond: rate, p50Us, p99Us, syncUs })}\n`);
    }
    return;
  }
  const header = ["raft", "in flight", "operations/s", "min..max", "p50 us", "p99 us"];
  const rows = results.map(({ row, rate, p50Us, p99Us }) => [
    row.operation,
    String(row.inFlight),
    thousands(rate.median),
    `${thousands(rate.min)}..${thousands(rate.max)}`,
    threeDigits(p50Us),
    threeDigits(p99Us),
  ]);
  output.out(`${table(header, rows).join("\n")}\n`);
  output.out(
    `  ${SERVERS} server processes and one of clients on loopback, values of ${VALUE_BYTES} B; medians of ${rounds} rounds, Node ${process.version}\n`,
  );
  output.out(`  one append + fdatasync takes ${threeDigits(syncUs)} us here\n`);
}
