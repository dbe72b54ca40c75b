/** What `bench storage` measures, by name. */

/** In the order in which they run: those of one store after each other. */
export const WORKLOADS = [
  "load, ascending",
  "load, random",
  "overwrite",
  "read, random",
  "read, missing",
  "scan",
  "mixed, half reads",
  "zipfian, 95 % reads",
  "zipfian, half reads",
  "delete",
  "synced, 1 writer",
  "synced, 64 writers",
] as const;
export type Workload = (typeof WORKLOADS)[number];

/** So many clients of a synced workload, beside which the floor is measured. */
export const SYNCED_WRITERS: ReadonlyMap<Workload, number> = new Map([
  ["synced, 1 writer", 1],
  ["synced, 64 writers", 64],
]);

/** When a workload ends that has no other end. */
export interface Limits {
  /** Of each that is neither a load nor synced. */
  readonly workloadMs: number;
  readonly syncedMs: number;
}
