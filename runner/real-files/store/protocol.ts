/** What passes between the tool and the processes with a store that it kills. */
import type { DiskOp } from "#engines/env/recording-disk.js";
import type { StoreProblem } from "#engines/store/index.js";
import type { StoreChange, StoreEntry, StoreQuery } from "#sim/check/index.js";
import type { StoreSettings } from "../../stores/index.js";
import type { JournaledOrder } from "../life.js";
import type { StorePlan } from "./plan.js";

/** What one process is to do, from its start to its end by SIGKILL. */
export interface StoreOrder extends JournaledOrder {
  /** Root of its environment. */
  readonly root: string;
  readonly settings: StoreSettings;
  readonly plan: StorePlan;
  /** Whether it notes each operation on its disk too. */
  readonly record: boolean;
  /** After so many writes were acknowledged it says `reached`. */
  readonly reachAfter: number;
  /** The URL of a module of a store, see `runner/stores`. */
  readonly engine: string;
}

/** What a store turned out to hold when it was opened. */
export interface Recovered {
  readonly sequence: number;
  readonly entries: readonly StoreEntry[];
  readonly problems: readonly StoreProblem[];
}

/**
 * One line of a journal. It is in the file before what follows it happens, so that a process that is killed has
 * noted everything that it has done, but for the last thing perhaps.
 */
export type StoreNote =
  /** Recorded: what is there before the store is opened has been reported. Opening begins. */
  | { readonly kind: "opening" }
  | ({ readonly kind: "recovered" } & Recovered)
  /** A client is about to write. Where a change has no value, it deletes the key. */
  | {
      readonly kind: "sent";
      readonly write: number;
      readonly client: number;
      readonly changes: readonly NotedChange[];
    }
  | { readonly kind: "acknowledged"; readonly write: number; readonly sequence: number }
  /** A client is about to read, and was answered: no value where the key is missing. */
  | { readonly kind: "asked"; readonly read: number; readonly client: number; readonly query: StoreQuery }
  | { readonly kind: "got"; readonly read: number; readonly value?: Uint8Array }
  | {
      readonly kind: "scanned";
      readonly read: number;
      readonly entries: readonly StoreEntry[];
      readonly isWhole: boolean;
    }
  | { readonly kind: "disk"; readonly op: DiskOp };

/** `undefined` has no place in JSON. */
export interface NotedChange {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

export function changesOf(noted: readonly NotedChange[]): StoreChange[] {
  return noted.map(({ key, value }) => ({ key, value }));
}
