/**
 * Historic bugs whose precondition the log and the snapshots don't have.
 *
 * @type {import("../../runner/mutants/mutant.js").NotApplicable[]}
 */
export default [
  {
    source: "S20",
    reason:
      "There are no two copies to choose from: an older snapshot is kept only until the new one is durable, and the log does not reach back to it after.",
  },
  {
    source: "S29",
    reason:
      "The environment's sync always covers the file's length; no engine can ask for one without it, and none keeps the length elsewhere.",
  },
];
