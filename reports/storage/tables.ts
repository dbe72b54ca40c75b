/** The comparison as text. */
import { thousands, threeDigits } from "../format.js";
import { table } from "../table.js";
import type { StorageFacts, StorageResult } from "./rows.js";

const MB = 1_000_000;

/** Rates, latencies, amplification and memory, a table each, in lines. */
export function storageTables(facts: StorageFacts, results: readonly StorageResult[]): string[][] {
  const byWorkload = facts.workloads.flatMap((workload) => {
    const ofIt = results.filter((result) => result.workload === workload);
    return ofIt.length === 0 ? [] : [{ workload, ofIt }];
  });
  const cells = (
    ofIt: readonly StorageResult[],
    of: (result: StorageResult) => readonly string[],
    columns: number,
  ): string[] =>
    facts.engines.flatMap((name) => {
      const result = ofIt.find(({ engine }) => engine === name);
      return result === undefined ? Array.from({ length: columns }, () => "-") : of(result);
    });
  const header = (first: string, columns: readonly string[]): string[] => [
    first,
    ...facts.engines.flatMap((name) => columns.map((column) => `${name} ${column}`)),
  ];
  const rates = byWorkload.map(({ workload, ofIt }) => [
    workload,
    ...cells(ofIt, ({ perSecond }) => [thousands(perSecond.median), spread(perSecond)], 2),
    ...(facts.engines.length === 2 ? [ratioOf(facts, ofIt)] : []),
    ...cells(ofIt, ({ floorRatio }) => [floorRatio === undefined ? "" : floorRatio.toFixed(2)], 1),
  ]);
  const latencies = byWorkload.map(({ workload, ofIt }) => [
    workload,
    ...cells(ofIt, ({ p50Us, p99Us, flushMs }) => [p50Us, p99Us, flushMs].map(threeDigits), 3),
  ]);
  const amplifications = byWorkload.map(({ workload, ofIt }) => [
    workload,
    ...cells(
      ofIt,
      ({ amplification: { write, read, deviceReads, space } }) =>
        [write, read, deviceReads, space].map(ratio),
      4,
    ),
  ]);
  return [
    table(
      [
        ...header("operations/s", ["", "min..max"]).map((name) => name.trim()),
        ...(facts.engines.length === 2 ? [facts.engines.join("/")] : []),
        ...facts.engines.map((name) => `${name}/floor`),
      ],
      rates,
    ),
    table(header("latency", ["p50 us", "p99 us", "flush ms"]), latencies),
    table(header("amplification", ["write", "read", "device", "space"]), amplifications),
    table(
      ["memory, MB", "cache", "caches and tables", "peak RSS"],
      memoryRows(facts, results).map(({ engine, memoryBytes, peakRssBytes }) => [
        engine,
        ...[facts.cacheBytes, memoryBytes, peakRssBytes].map((bytes) => threeDigits(bytes / MB)),
      ]),
    ),
  ];
}

/** The most that an engine has used in any workload. */
export function memoryRows(
  facts: StorageFacts,
  results: readonly StorageResult[],
): { readonly engine: string; readonly memoryBytes: number; readonly peakRssBytes: number }[] {
  return facts.engines.flatMap((engine) => {
    const ofIt = results.filter((result) => result.engine === engine);
    if (ofIt.length === 0) return [];
    return [
      {
        engine,
        memoryBytes: Math.max(...ofIt.map(({ memoryBytes }) => memoryBytes)),
        peakRssBytes: Math.max(...ofIt.map(({ peakRssBytes }) => peakRssBytes)),
      },
    ];
  });
}

/** Two digits; empty where there is none. */
export function ratio(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

function ratioOf({ engines }: StorageFacts, ofIt: readonly StorageResult[]): string {
  const [one, other] = engines.map((name) => ofIt.find(({ engine }) => engine === name)?.perSecond.median);
  return one === undefined || other === undefined ? "-" : (one / other).toFixed(2);
}

function spread({ min, max }: StorageResult["perSecond"]): string {
  return `${thousands(min)}..${thousands(max)}`;
}
