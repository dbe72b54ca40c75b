/**
 * Makes failures small: fewer faults, operations, clients, nodes and less time, then plainer ones, for as long as
 * the same invariant breaks.
 *
 * What lives here: what smaller repros there are to try (`candidates.ts`, `numbers.ts`, `strikes.ts`,
 * `small-scope.ts`), who tries them (`judge.ts`, `lanes.ts`), and in which order (`shrinker.ts`).
 *
 * What it promises: whatever it gives fails as the first one did; where it was not cut short, the result depends on
 * the repro and the code alone, not on the number of threads. What it does not: find the smallest there is.
 */
export {
  judgeOne,
  localJudge,
  wantedOf,
  type Candidate,
  type Judge,
  type Judged,
  type Verdict,
  type Wanted,
} from "./judge.js";
export { ThreadJudge } from "./lanes.js";
export { Shrinker, type ShrinkListener } from "./shrinker.js";
