/**
 * Exploration: instead of drawing one run after the other, visits every state of some kind.
 *
 * What lives here: crash points (every image that a power loss could leave at every point of a short run).
 * What it promises: the counts say what was visited and whether anything was left out. What it does not: it
 * explores one node's disk, not the orders of messages between nodes.
 */
export {
  exploreCrashPoints,
  type CrashPointFinding,
  type CrashPointOptions,
  type CrashPointReport,
  type Explorable,
} from "./crash-points.js";
export { checkImages, type ImageCheck, type RecordedRun } from "./image-check.js";
