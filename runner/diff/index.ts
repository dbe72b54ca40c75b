/**
 * What is different between two runs: of two seeds, two versions of the code or of Node, or with and without a
 * fault.
 *
 * What lives here: the comparison of recorded traces, the recording of runs for it, and both in words; `--verify`
 * shows a seed that is not deterministic with the same code. What it promises: memory does not grow with the
 * traces, but for a few bytes an event and what clients asked for; the first difference is exact, since records
 * hold the running hash. What it does not: say why code does what it does. That nodes are compared by what they
 * did and when, and not by ids, which shift, makes two nodes that only swap equal deeds at one instant differ.
 */
export { compareTraces, type TraceComparison, type TraceFacts } from "./compare.js";
export { comparisonText } from "./comparison-text.js";
export { differenceLines, type SideMarks } from "./difference-text.js";
export { TraceFormatError } from "./errors.js";
export { CONTEXT_RECORDS, firstDifference, type TraceDifference } from "./first-difference.js";
export type { OperationDifference, OutcomeDifference, StatusDifference } from "./outcomes.js";
export { sidesOf, type Side, type SideArguments, type Sides } from "./sides.js";
export { Pace } from "./pace.js";
export type { NodeDifference } from "./spread.js";
