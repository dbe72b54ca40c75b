/**
 * The Node host: everything between one seed in `sim/` and the command line.
 *
 * What lives here: the drains and the guards that `sim/host.ts` asks for; the pool of worker threads with its
 * watchdog; batches of seeds, their verification in fresh processes, and the commands as plain functions.
 *
 * What it promises: the result of a range of seeds does not depend on the number of workers, on the drain, or
 * on what ran before; one seed that hangs or dies never loses the others; memory stays flat over a batch of
 * any length. What it does not: know any engine, or print anything that `reports/` did not put into words.
 */
export { nodeHost, type Drain } from "./host.js";
export { ForbiddenCall, UsageError } from "./errors.js";
export { loadScenario, type LoadedScenario } from "./load-scenario.js";
export { Pool, type PoolOptions } from "./pool.js";
export { SeedSequence } from "./seeds.js";
export { runBatch, type BatchEnd, type BatchPlan } from "./batch.js";
