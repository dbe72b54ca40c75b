/** One row a measurement (d3-dsv): every round, so that a reader makes medians of their own. */
import { csvFormatRow } from "d3-dsv";
import type { StorageFacts, StorageRow } from "./rows.js";

type Cell = string | number | undefined;

const COLUMNS: readonly (readonly [name: string, of: (row: StorageRow, facts: StorageFacts) => Cell])[] = [
  ["round", ({ round }) => round],
  ["workload", ({ workload }) => workload],
  ["engine", ({ engine }) => engine],
  ["keys", (_, { keys }) => keys],
  ["cacheBytes", (_, { cacheBytes }) => cacheBytes],
  ["operations", ({ operations }) => operations],
  ["operationsPerSecond", ({ operationsPerSecond }) => rounded(operationsPerSecond)],
  ["p50Us", ({ p50Us }) => rounded(p50Us)],
  ["p99Us", ({ p99Us }) => rounded(p99Us)],
  ["maxUs", ({ maxUs }) => rounded(maxUs)],
  ["flushMs", ({ flushMs }) => rounded(flushMs)],
  ["writeAmplification", ({ amplification }) => rounded(amplification.write)],
  ["readAmplification", ({ amplification }) => rounded(amplification.read)],
  ["deviceReadsPerGet", ({ amplification }) => rounded(amplification.deviceReads)],
  ["spaceAmplification", ({ amplification }) => rounded(amplification.space)],
  ["slowedWrites", ({ slowedWrites }) => slowedWrites],
  ["stalledWrites", ({ stalledWrites }) => stalledWrites],
  ["fileBytes", ({ fileBytes }) => fileBytes],
  ["memoryBytes", ({ memoryBytes }) => memoryBytes],
  ["baseRssBytes", ({ baseRssBytes }) => baseRssBytes],
  ["peakRssBytes", ({ peakRssBytes }) => peakRssBytes],
  ["floorPerSecond", ({ floorPerSecond }) => rounded(floorPerSecond)],
];

/** The whole file. An empty cell: it has no meaning there. */
export function storageCsv(facts: StorageFacts, rows: readonly StorageRow[]): string {
  const lines = [
    COLUMNS.map(([name]) => name),
    ...rows.map((row) => COLUMNS.map(([, of]) => String(of(row, facts) ?? ""))),
  ];
  return lines.map((cells) => `${csvFormatRow(cells)}\n`).join("");
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1_000) / 1_000;
}
