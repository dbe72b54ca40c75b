import { Wal, WalError, type SyncPolicy, type WalOptions } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv } from "../support/memory-env.js";

/** Small segments, so that a few records make several. */
export const SMALL: WalOptions = { directory: "wal", segmentBytes: 512, indexEveryBytes: 128 };

/** Record number i, of a length that differs between neighbours. */
export function record(i: number, length: number = (i * 7) % 40): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (i * 31 + at) & 0xff);
}

/** Appends records `from` to `to`, one batch each. */
export async function fill(wal: Wal, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) await wal.append(record(i));
}

/** All that the log serves. */
export async function contents(wal: Wal, from?: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const chunk of wal.scan(from)) found.push(...chunk.records.map((each) => each.slice()));
  return found;
}

export function records(from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from + 1 }, (_, i) => record(from + i));
}

/** A log that a process left without closing it. */
export async function leftBehind(
  count: number,
  options: WalOptions = SMALL,
  disk: MemoryDisk = new MemoryDisk(),
): Promise<MemoryDisk> {
  const wal = await Wal.open(new MemoryEnv(disk), options);
  await fill(wal, 1, count);
  return disk;
}

export function isWalError(error: unknown, code: string, outcome: "failed" | "unknown"): boolean {
  return error instanceof WalError && error.code === code && error.outcome === outcome;
}

export const POLICIES: readonly SyncPolicy[] = [
  { kind: "each" },
  { kind: "group" },
  { kind: "interval", intervalUs: 1000 },
  { kind: "none" },
];
