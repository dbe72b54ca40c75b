/**
 * Faults: which kinds there are, which of them a run switches on, whether one strikes, and what became of it.
 *
 * What it promises: a fault strikes only where the swarm enabled its kind and the scenario admits it, and the
 * ledger shows for each how far it got. What it does not: carry faults out. The disk, the processes, the
 * clocks and the network do that, and move the ledger on.
 */
export { Faults, type Admit, type FaultTarget } from "./faults.js";
export {
  addSeed,
  emptyCoverage,
  FAULT_STATES,
  joinCoverage,
  vacuities,
  type Coverage,
  type SeedCoverage,
} from "./coverage.js";
export { ALL_FAULT_KINDS, FAULT_KINDS, type FaultKind } from "./kinds.js";
export { Fault, Ledger, type FaultCounts, type FaultState } from "./ledger.js";
export { drawSwarm, type FaultMenu, type FaultSwitches, type Intensity, type SwarmConfig } from "./swarm.js";
