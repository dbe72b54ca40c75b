/**
 * Historic bugs whose precondition the engines don't have.
 *
 * @type {import("../../runner/mutants/mutant.js").NotApplicable[]}
 */
export default [
  {
    source: "S29",
    reason:
      "The environment's sync always covers the file's length; no engine can ask for one without it, and none keeps the length elsewhere.",
  },
  {
    source: "R37",
    reason:
      "There are no changes by a single server: every change of voters is joint, so its elections and commitments need a majority of the old voters too, as do those of a rival change by another leader.",
  },
];
