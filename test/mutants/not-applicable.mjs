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
  {
    source: "K17",
    reason:
      "A leader looks at the high watermark anew at every append, fetch, flush and look at its ISR: where one of them leaves it out, the next makes up for it.",
  },
  {
    source: "K04",
    reason:
      "The first batch of an epoch notes it as well, and until there is one, a follower that asks where an earlier epoch ends is told the log's end either way.",
  },
  {
    source: "K34",
    reason:
      "A batch that does not follow the last one is refused, also where it is forgotten that it came before, so none is there twice; and a producer takes the acknowledgement of a later batch for those before it.",
  },
  {
    source: "K32",
    reason:
      "A coordinator that has been replaced tells only what is decided, and its marker bears the epoch of the transaction that it ends (KIP-890). Where that is forgotten, the transaction is over: the marker ends nothing, and the next one has a higher epoch.",
  },
  {
    source: "K35",
    reason:
      "A log has no index of transactions on disk: between the write of a batch and the new end nothing is done that can fail, and both follow from the same note. A batch that was written in part ends the log (K26).",
  },
  {
    source: "G04",
    reason:
      "A member that missed a generation is told so, has lost all that it had, and claims nothing when it joins again; one that took part has its claims counted in it. So no two members of a cooperative group claim a partition by different generations; to an eager assignor claims are memories, which cost a move at most. The rule is held by the assignors' own tests.",
  },
];
