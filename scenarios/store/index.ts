/**
 * What the scenarios of storage engines share: everything but the engine and its options.
 *
 * What lives here: the plan of what the clients do (`plan.ts`, `keys.ts`), the process that does it (`service.ts`,
 * `reads.ts`), why a store may refuse (`causes.ts`), the faults and the life of the process (`harness.ts`), the
 * exploration of crash points (`explore.ts`), and the words (`narration.ts`). An engine comes in as a `StoreEngine`.
 *
 * What it promises: operations are data that are drawn before a run begins, and what one of them is answered changes
 * none of the others; whatever the store answers, shows or recovers goes through the one `StoreOracle`. What it does
 * not: it knows no engine's files.
 */
export type { StoreEngine } from "./engine.js";
export { exploreStore } from "./explore.js";
export { HONEST_FAULTS, LYING_FAULTS, STORE_PARAMETERS, driveOnLyingDisk, driveStore } from "./harness.js";
export { STORE_PLAN_VERSION } from "./plan.js";
