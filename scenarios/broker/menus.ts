/**
 * What strikes in the scenarios of brokers: as in those of Raft, but what seldom changes anything here more often, so that
 * a hundred seeds meet each kind.
 */
import type { FaultMenu } from "#sim/faults/index.js";
import { HONEST_DISK_FAULTS, LINK_FAULTS } from "../raft/menus.js";

/** Few requests are under way on a link at once, so even a short queue has room for them where nothing clogs it. */
export const BROKER_LINK_FAULTS: FaultMenu = {
  ...LINK_FAULTS,
  "link-clog": { minPpm: 20, maxPpm: 1_000 },
  "link-overflow": { minPpm: 200_000, maxPpm: 1_000_000 },
};

/** A page is torn only where it was written several times since it was stored. */
export const BROKER_DISK_FAULTS: FaultMenu = {
  ...HONEST_DISK_FAULTS,
  "torn-write": { minPpm: 500_000, maxPpm: 1_000_000 },
  "reordered-write": { minPpm: 500_000, maxPpm: 1_000_000 },
  garbage: { minPpm: 100_000, maxPpm: 800_000 },
  "metadata-loss": { minPpm: 250_000, maxPpm: 1_000_000 },
  "fsync-eio-clean": { minPpm: 200, maxPpm: 4_000 },
  "fsync-eio-late": { minPpm: 200, maxPpm: 4_000 },
};
