/** The benchmarks by name. Each loads only when it is asked for: `bench sim` needs no engine. */
import type { Output } from "../output.js";

/** Runs, prints a table, and gives the exit code. `runs`: how often each row is measured; the median counts. */
export type Bench = (options: BenchOptions, output: Output) => Promise<number>;

export interface BenchOptions {
  readonly runs: number;
  /** Where a benchmark on real files works: it makes a directory of its own in there, and removes it. */
  readonly dir?: string;
  /** One object a line instead of a table. */
  readonly json?: boolean;
  /** A directory with recorded histories. */
  readonly histories?: string;
  /** How large the data set is, and how large the caches are that it meets. */
  readonly keys?: number;
  readonly cacheBytes?: number;
  /** Files to write: every measurement as a row, and a page that compares. */
  readonly csv?: string;
  readonly html?: string;
}

/** Options beside `runs` that not every benchmark has, as they are typed. */
export const BENCH_OPTIONS = ["dir", "json", "histories", "keys", "cache", "csv", "html"] as const;

interface BenchEntry {
  readonly summary: string;
  /** Which options beside `runs` it knows. */
  readonly takes: readonly (typeof BENCH_OPTIONS)[number][];
  load(): Promise<Bench>;
}

export const BENCHES: ReadonlyMap<string, BenchEntry> = new Map<string, BenchEntry>([
  [
    "sim",
    {
      summary: "the world against bare loops: timers, messages, heartbeats; Raft in it, sound and broken",
      takes: [],
      load: async () => (await import("./sim.js")).benchSim,
    },
  ],
  [
    "wal",
    {
      summary: "the write-ahead log on real files under every policy, against the bare calls",
      takes: ["dir", "json"],
      load: async () => (await import("./wal.js")).benchWal,
    },
  ],
  [
    "raft",
    {
      summary: "three real server processes on loopback, with real files, under 1 to 64 clients",
      takes: ["dir", "json"],
      load: async () => (await import("./raft.js")).benchRaft,
    },
  ],
  [
    "broker",
    {
      summary:
        "one and three real brokers on loopback, with real files: records/s and latency with acks 1 and all",
      takes: ["dir", "json"],
      load: async () => (await import("./broker.js")).benchBroker,
    },
  ],
  [
    "storage",
    {
      summary: "the LSM tree against the B-tree on real files: loads, reads, scans, mixed and synced writers",
      takes: ["dir", "json", "keys", "cache", "csv", "html"],
      load: async () => (await import("./storage.js")).benchStorage,
    },
  ],
  [
    "check",
    {
      summary: "the linearizability checker on large histories, and on recorded ones",
      takes: ["histories"],
      load: async () => (await import("./check.js")).benchCheck,
    },
  ],
]);
