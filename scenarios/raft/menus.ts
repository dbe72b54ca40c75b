/** What strikes in the scenarios of clusters. Each puts its menu together out of these, by what they strike. */
import type { FaultMenu } from "#sim/faults/index.js";
import type { PartitionPace } from "#sim/network/index.js";

export const PROCESS_FAULTS: FaultMenu = {
  crash: { minPpm: 20_000, maxPpm: 500_000, always: true },
  "power-loss": { minPpm: 20_000, maxPpm: 400_000 },
  pause: { minPpm: 20_000, maxPpm: 400_000 },
};

/** Within the bounds that the servers are told of. */
export const CLOCK_FAULTS: FaultMenu = {
  "clock-skew": { minPpm: 500_000, maxPpm: 1_000_000 },
  "clock-drift": { minPpm: 500_000, maxPpm: 1_000_000 },
  "clock-step": { minPpm: 100, maxPpm: 10_000 },
};

export const LINK_FAULTS: FaultMenu = {
  "message-loss": { minPpm: 200, maxPpm: 50_000 },
  "message-duplicate": { minPpm: 200, maxPpm: 50_000 },
  "message-reorder": { minPpm: 200, maxPpm: 50_000 },
  "message-corrupt": { minPpm: 200, maxPpm: 20_000 },
  "slow-link": { minPpm: 20, maxPpm: 1_000 },
  "link-clog": { minPpm: 10, maxPpm: 500 },
  bandwidth: { minPpm: 10_000, maxPpm: 200_000 },
  "link-overflow": { minPpm: 10_000, maxPpm: 200_000 },
};

export const PARTITIONS_OF_THREE: FaultMenu = {
  "partition-halves": { minPpm: 100_000, maxPpm: 800_000, always: true },
  "partition-isolate": { minPpm: 100_000, maxPpm: 800_000 },
  "partition-one-way": { minPpm: 100_000, maxPpm: 800_000 },
  "partition-bridge": { minPpm: 100_000, maxPpm: 800_000 },
  "partition-client": { minPpm: 100_000, maxPpm: 800_000 },
};

/** A ring of three would cut nobody off. */
export const PARTITIONS: FaultMenu = {
  ...PARTITIONS_OF_THREE,
  "partition-ring": { minPpm: 100_000, maxPpm: 800_000 },
};

/** How often partitions form, and how long they last. */
export const PARTITION_PACES: Readonly<Record<"some" | "many", PartitionPace>> = {
  some: { meanHealthyUs: 2_000_000, meanCutUs: 500_000 },
  many: { meanHealthyUs: 900_000, meanCutUs: 500_000 },
};

/** What an honest disk does: it may fail and tear what was not synced, but it keeps what it said it had. */
export const HONEST_DISK_FAULTS: FaultMenu = {
  "torn-write": { minPpm: 50_000, maxPpm: 800_000 },
  "reordered-write": { minPpm: 100_000, maxPpm: 1_000_000 },
  garbage: { minPpm: 20_000, maxPpm: 400_000 },
  "metadata-loss": { minPpm: 100_000, maxPpm: 1_000_000 },
  "fsync-eio-clean": { minPpm: 50, maxPpm: 3_000 },
  "fsync-eio-late": { minPpm: 50, maxPpm: 3_000 },
  "fsync-eio-revert": { minPpm: 50, maxPpm: 3_000 },
  enospc: { minPpm: 50, maxPpm: 1_000 },
  quota: { minPpm: 50, maxPpm: 1_000 },
  "short-write": { minPpm: 1_000, maxPpm: 100_000 },
  "short-read": { minPpm: 1_000, maxPpm: 100_000 },
  "slow-disk": { minPpm: 500, maxPpm: 50_000 },
  "disk-stall": { minPpm: 20, maxPpm: 1_000 },
};

/** What a disk does to bytes that were durable, so that a checksum shows it. */
export const DETECTABLE_DAMAGE: FaultMenu = {
  "bit-rot": { minPpm: 10_000, maxPpm: 500_000 },
  "read-eio": { minPpm: 5_000, maxPpm: 200_000 },
};

/** What no checksum shows: old bytes that were right once. */
export const LIES: FaultMenu = {
  "lost-fsync": { minPpm: 250_000, maxPpm: 1_000_000, always: true },
  "lost-write": { minPpm: 1_000, maxPpm: 100_000 },
  "stale-read": { minPpm: 10_000, maxPpm: 500_000 },
};
