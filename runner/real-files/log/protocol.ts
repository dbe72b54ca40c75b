/** What passes between the tool and the processes that it kills. */
import type { DiskOp } from "#engines/env/recording-disk.js";
import type { Wal } from "#engines/wal/index.js";
import type { Plan } from "#scenarios/wal/plan.js";
import type { JournaledOrder } from "../life.js";

/** What one process is to do, from its start to its end by SIGKILL. */
export interface LifeOrder extends JournaledOrder {
  /** Root of its environment. The log's directory below it is in the plan. */
  readonly root: string;
  readonly plan: Plan;
  /** Added to every key of the plan: a key names one record in all the lives of a directory. */
  readonly firstKey: number;
  /** Whether it notes each operation on its disk too. */
  readonly record: boolean;
  /** After so many appends were acknowledged it says `reached`. */
  readonly reachAfter: number;
  /** The URL of a module with an `OpenLog` called `openLog`. */
  readonly engine: string;
}

/** What is under test: the log itself, or one with a mistake that a test has planted. */
export type OpenLog = (...args: Parameters<typeof Wal.open>) => Promise<LogUnderTest>;

export type LogUnderTest = Pick<
  Wal,
  "firstLsn" | "lastLsn" | "append" | "appendBatch" | "scan" | "sync" | "truncateSuffix" | "truncatePrefix"
>;

/**
 * One line of a journal. It is in the file before what follows it happens, so that a process that is killed has
 * noted everything that it has done, but for the last thing perhaps.
 */
export type Note =
  /** Recorded: what is there before the log is opened has been reported. Opening begins. */
  | { readonly kind: "opening" }
  /** The log is open, ends at `lastLsn` and gave back these records, the first of which is `firstLsn`. */
  | {
      readonly kind: "recovered";
      readonly firstLsn: number;
      readonly lastLsn: number;
      readonly records: readonly Uint8Array[];
    }
  /** A client is about to append records of this plan, which have these keys and sizes. */
  | {
      readonly kind: "sent";
      readonly append: number;
      readonly client: number;
      readonly records: readonly { readonly key: number; readonly sizeBytes: number }[];
    }
  /** The client has its answer. */
  | { readonly kind: "acknowledged"; readonly append: number; readonly firstLsn: number }
  | { readonly kind: "durable"; readonly lsn: number }
  | { readonly kind: "cut-begins"; readonly lsn: number }
  | { readonly kind: "cut-done" }
  | { readonly kind: "prefix-dropped"; readonly lsn: number }
  | { readonly kind: "disk"; readonly op: DiskOp };
