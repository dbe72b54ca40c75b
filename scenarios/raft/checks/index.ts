/**
 * The online checks of Raft over what its servers observe, cluster-wide.
 *
 * What lives here: a model that follows every server's log (`ClusterModel`), one check a file that looks at it
 * before and after each event, `RaftChecks`, which puts them on a world and holds them against what servers say
 * of themselves and what disks hold, and the check of convergence for the end. Each file says what it checks and
 * what it does not.
 *
 * What it promises: an event costs what it has in entries, whatever ran before; every broken rule is told to the
 * `report` it was given, under a name that stays. What it does not: it changes nothing in the world, decides
 * nothing, and knows nothing of clients (see `sim/check/linearizability`).
 *
 * What it takes for granted: an event is observed when its change takes effect, before any message that depends
 * on it is sent; and between two events of the world a server says of itself what was observed.
 */
export { type Check, type RaftEventKind, type Report } from "./check.js";
export { CheckSet } from "./check-set.js";
export { ClusterModel, type Leader } from "./cluster-model.js";
export { CommitMonotonic } from "./commit-monotonic.js";
export { CommitRule } from "./commit-rule.js";
export { CommittedImmutable } from "./committed-immutable.js";
export { ConfigurationOverlap, overlap } from "./configuration-overlap.js";
export { checkConvergence, convergenceProblem, type ConvergenceOptions } from "./convergence.js";
export { readDiskRecords, type DiskFile, type DiskRecords } from "./disk-records.js";
export { DurableLost } from "./durable-lost.js";
export { ElectionSafety } from "./election-safety.js";
export { EntryNode, EntryTree } from "./entry-tree.js";
export { IntactCopies } from "./intact-copies.js";
export { LeaderAppendOnly } from "./leader-append-only.js";
export { LeaderCompleteness } from "./leader-completeness.js";
export { LogMatching } from "./log-matching.js";
export { Misreported, type InspectedRaft } from "./misreported.js";
export { QuorumDurable, type DiskWitness } from "./quorum-durable.js";
export {
  RaftChecks,
  type ObservedNode,
  type ObservedProcess,
  type ObservedWorld,
  type RaftChecksOptions,
} from "./raft-checks.js";
export { ServerModel } from "./server-model.js";
export { StateMachineSafety } from "./state-machine-safety.js";
export type { RaftStats } from "./stats.js";
export { TermMonotonic } from "./term-monotonic.js";
