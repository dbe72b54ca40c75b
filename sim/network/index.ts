/**
 * The simulated network: directed links between machines, each with its latency, width and faults, and
 * partitions that form and heal.
 *
 * What it promises: without faults every message arrives once, in the order of its link. A fault strikes only
 * as `faults/` allows, and its state in the ledger moves as `FAULT_KINDS` says. What a node sends to itself is
 * never subject to any of it. What it does not: it knows no connections. A message of a process that has died may still
 * arrive, and reaches whichever process runs at its target then.
 */
export { EnvNetwork } from "./env-network.js";
export { Partitions, type PartitionPace } from "./partitions.js";
export { DEFAULT_NETWORK_PROFILE, type NetworkProfile } from "./profile.js";
export {
  SimNetwork,
  type NetworkCounts,
  type NetworkFilter,
  type NetworkVerdict,
  type NetworkWorld,
} from "./sim-network.js";
