/** What `bench wal` measures: writers that append and wait, on the log and on the bare calls below it. */
import * as fs from "node:fs";
import { join } from "node:path";
import { nodeEnv } from "#engines/env/node/index.js";
import { Wal, type SyncPolicy } from "#engines/wal/index.js";
import { closedLoop, type Measured } from "./closed-loop.js";

export const RECORD_BYTES = 128;
const RECORD: Uint8Array = new Uint8Array(RECORD_BYTES).fill(0x61);

/** Calls without a log around them, none of which could do with fewer. */
export type Floor =
  /** One write and one fdatasync for each record. */
  | "append + fdatasync"
  /** All records that arrive in one turn of the event loop in one write and one fdatasync at its end. */
  | "group commit"
  /** One write for each record, never a sync. */
  | "append";

export type Load =
  | { readonly kind: "floor"; readonly floor: Floor; readonly writers: number }
  | {
      readonly kind: "wal";
      readonly policy: SyncPolicy;
      readonly preallocate: boolean;
      readonly writers: number;
    };

type Append = (record: Uint8Array) => Promise<unknown>;

/** Runs a load for so long in a new directory below `root`, which it removes. Opening and closing are not timed. */
export async function measureLoad(root: string, load: Load, durationMs: number): Promise<Measured> {
  const directory = fs.mkdtempSync(join(root, "load-"));
  try {
    return load.kind === "floor"
      ? await measureFloor(directory, load.floor, load.writers, durationMs)
      : await measureWal(directory, load, durationMs);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function measureWal(
  root: string,
  { policy, preallocate, writers }: Extract<Load, { kind: "wal" }>,
  durationMs: number,
): Promise<Measured> {
  const env = await nodeEnv({ node: "bench", root });
  const wal = await Wal.open(env, { directory: "wal", policy, preallocate });
  const measured = await closedLoop(() => wal.append(RECORD), writers, durationMs);
  await wal.close();
  await env.close();
  return measured;
}

async function measureFloor(
  directory: string,
  floor: Floor,
  writers: number,
  durationMs: number,
): Promise<Measured> {
  const fd = fs.openSync(join(directory, "floor"), "ax");
  syncDirectory(directory);
  try {
    const append = floorAppend(fd, floor);
    return await closedLoop(() => append(RECORD), writers, durationMs);
  } finally {
    fs.closeSync(fd);
  }
}

function floorAppend(fd: number, floor: Floor): Append {
  if (floor === "group commit") return groupCommit(fd);
  return (record) => {
    fs.writeSync(fd, record);
    if (floor === "append + fdatasync") fs.fdatasyncSync(fd);
    return Promise.resolve();
  };
}

/** The shortest group commit there is: whatever has come by the end of this turn of the event loop. */
function groupCommit(fd: number): Append {
  let queue: {
    readonly record: Uint8Array;
    readonly resolve: (value: undefined) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  let isArmed = false;
  const flush = (): void => {
    isArmed = false;
    const batch = queue;
    queue = [];
    try {
      fs.writevSync(
        fd,
        batch.map(({ record }) => record),
      );
      fs.fdatasyncSync(fd);
    } catch (error) {
      // Thrown in a turn of the event loop it would reach nobody.
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve(undefined);
  };
  return (record) =>
    new Promise((resolve, reject) => {
      queue.push({ record, resolve, reject });
      if (isArmed) return;
      isArmed = true;
      setImmediate(flush);
    });
}

function syncDirectory(path: string): void {
  const fd = fs.openSync(path, "r");
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}
