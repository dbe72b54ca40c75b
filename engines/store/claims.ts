import type { Disk } from "../env/index.js";
import { StoreError } from "./errors.js";

/** The directories in which a store is open, or being opened. A process that dies takes its disk with it. */
const CLAIMED: WeakMap<Disk, Set<string>> = new WeakMap();

/**
 * Takes a directory for one store, until what it gives is called. Two stores in one directory would each remove what
 * the other one has just written. Throws STORE_IN_USE. It knows of the stores on this disk only: other
 * processes, and other environments of this one, are the disk's to refuse.
 */
export function claimDirectory(disk: Disk, directory: string): () => void {
  const claimed = CLAIMED.get(disk) ?? new Set();
  CLAIMED.set(disk, claimed);
  if (claimed.has(directory)) throw inUse(directory);
  claimed.add(directory);
  return () => void claimed.delete(directory);
}

function inUse(where: string): StoreError {
  const parts = { expected: "a directory for one store", found: "one that is open", where };
  return new StoreError("STORE_IN_USE", { ...parts, todo: "close the other store first" }, "failed");
}
