/** What `bench storage` measures, as data. */

/** How much longer than what was asked for: the three ratios that a storage engine trades for each other. */
export interface Amplification {
  /** Bytes written to the log and to all files, over the bytes of keys and values that were written. */
  readonly write?: number;
  /** Blocks or pages looked at for each get. */
  readonly read?: number;
  /** Of those, the ones that were not in memory. */
  readonly deviceReads?: number;
  /** Bytes of all files, over the bytes of all live keys and values. */
  readonly space?: number;
}

/** One measurement: one workload on one engine, in one round. */
export interface StorageRow {
  /** From 1. */
  readonly round: number;
  readonly workload: string;
  readonly engine: string;
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** What the flush behind the workload took, which is not timed with it. */
  readonly flushMs: number;
  readonly amplification: Amplification;
  readonly slowedWrites: number;
  readonly stalledWrites: number;
  readonly fileBytes: number;
  /** Of memtables, caches and pools. */
  readonly memoryBytes: number;
  /** The largest resident set of the engine's process so far, in this round. */
  readonly peakRssBytes: number;
  /** The resident set of that process before it opened a store. */
  readonly baseRssBytes: number;
  /** What bare calls did beside it that make the same promise, where there are any. */
  readonly floorPerSecond?: number;
}

/** What all rows have in common. */
export interface StorageFacts {
  readonly engines: readonly string[];
  /** All of them, in the order in which they ran. */
  readonly workloads: readonly string[];
  /** In the data set; each with a value of `valueBytes`. */
  readonly keys: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Of the block cache, and of the pool of pages. */
  readonly cacheBytes: number;
  /** Whole rounds; one that was cut short has rows all the same. */
  readonly rounds: number;
  readonly interrupted: boolean;
  readonly nodeVersion: string;
}

/** A median and its spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One workload on one engine, over all rounds. */
export interface StorageResult {
  readonly workload: string;
  readonly engine: string;
  readonly operations: number;
  readonly perSecond: Spread;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly flushMs: number;
  readonly amplification: Amplification;
  readonly slowedWrites: number;
  readonly stalledWrites: number;
  readonly memoryBytes: number;
  readonly peakRssBytes: number;
  /** The median of the rounds' ratios to the floor. */
  readonly floorRatio?: number;
}

/** Medians over the rounds, workload by workload and engine by engine; only those that were measured. */
export function summarize(facts: StorageFacts, rows: readonly StorageRow[]): StorageResult[] {
  return facts.workloads.flatMap((workload) =>
    facts.engines.flatMap((engine) => {
      const measured = rows.filter((row) => row.workload === workload && row.engine === engine);
      return measured.length === 0 ? [] : [resultOf(measured)];
    }),
  );
}

function resultOf(rows: readonly StorageRow[]): StorageResult {
  const { workload, engine } = rows[0]!;
  const median = (of: (row: StorageRow) => number): number => spreadOf(rows.map(of)).median;
  const floors = rows.flatMap((row) =>
    row.floorPerSecond === undefined ? [] : [row.operationsPerSecond / row.floorPerSecond],
  );
  return {
    workload,
    engine,
    operations: median(({ operations }) => operations),
    perSecond: spreadOf(rows.map(({ operationsPerSecond }) => operationsPerSecond)),
    p50Us: median(({ p50Us }) => p50Us),
    p99Us: median(({ p99Us }) => p99Us),
    flushMs: median(({ flushMs }) => flushMs),
    amplification: amplificationOf(rows.map(({ amplification }) => amplification)),
    slowedWrites: median(({ slowedWrites }) => slowedWrites),
    stalledWrites: median(({ stalledWrites }) => stalledWrites),
    memoryBytes: Math.max(...rows.map(({ memoryBytes }) => memoryBytes)),
    peakRssBytes: Math.max(...rows.map(({ peakRssBytes }) => peakRssBytes)),
    ...(floors.length === 0 ? {} : { floorRatio: spreadOf(floors).median }),
  };
}

function amplificationOf(all: readonly Amplification[]): Amplification {
  const names = ["write", "read", "deviceReads", "space"] as const;
  const medians = names.flatMap((name) => {
    const known = all.flatMap(({ [name]: value }) => (value === undefined ? [] : [value]));
    return known.length === 0 ? [] : [[name, spreadOf(known).median] as const];
  });
  return Object.fromEntries(medians);
}

/** At least one value. */
function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)]!, min: sorted[0]!, max: sorted.at(-1)! };
}
