/**
 * The simulator: one process, one seed, one run.
 *
 * What lives here: the world (time, decisions, processes, clocks, network), in `disk/` its disks, in `faults/`
 * what may go wrong, in `check/` the oracles, in `explore/` what visits every state instead of drawing one. It
 * implements `engines/env` and knows no engine.
 *
 * What it promises: the same seed gives the same run, byte for byte, whatever ran before, on any machine. What
 * it does not: it touches no host; the event loop and its guard come in as a `Host`.
 *
 * This file is what the author of a scenario needs.
 */
export {
  History,
  LogOracle,
  type Append,
  type Broken,
  type LogOracleOptions,
  type Operation,
  type OperationOutcome,
  type RecoveredRecord,
} from "./check/index.js";
export { DEFAULT_CLOCK_BOUNDS, type ClockBounds } from "./clock.js";
export { ADVERSARIAL_PROFILE, HONEST_PROFILE, type DiskProfile } from "./disk/index.js";
export { exploreCrashPoints, type Explorable } from "./explore/index.js";
export {
  FAULT_KINDS,
  type Admit,
  type FaultKind,
  type FaultMenu,
  type FaultSwitches,
  type FaultTarget,
  type Intensity,
} from "./faults/index.js";
export type { Host } from "./host.js";
export {
  DEFAULT_NETWORK_PROFILE,
  type NetworkCounts,
  type NetworkFilter,
  type NetworkProfile,
  type NetworkVerdict,
  type PartitionPace,
} from "./network/index.js";
export type { ClientsTold, Narration, OperationTold, Violation } from "./narration.js";
export type { Exit, Incarnation, Node, Program } from "./process.js";
export { runSeed, type ReproOptions, type SeedOptions, type SeedResult } from "./run-seed.js";
export type { Parameter, ParameterValues, PlanParts, Run, Scenario } from "./scenario.js";
export type { Stream } from "./streams.js";
export type { TraceRecord, TraceSink } from "./trace.js";
export type { TrackLine, TrackName, TrackPen, TrackSpan, TrackWatch } from "./tracks.js";
export type { Finding, Limits, World } from "./world.js";
