// Where the order of messages is the point: whole exchanges, as text.
import { expect, it } from "vitest";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { Cluster, initial } from "./support.js";

it("elects, replicates and commits", () => {
  const cluster = Cluster.of(3);
  cluster.elect("n1");
  cluster.propose("n1");
  cluster.settle();
  expect(cluster.lines).toMatchInlineSnapshot(`
    [
      "n1 > n2  preVote t1 last 0@0",
      "n1 > n3  preVote t1 last 0@0",
      "n2 > n1  preVoteResponse t1 granted",
      "n3 > n1  preVoteResponse t1 granted",
      "n1 > n2  vote t1 last 0@0",
      "n1 > n3  vote t1 last 0@0",
      "n2 > n1  voteResponse t1 granted",
      "n3 > n1  voteResponse t1 granted",
      "n1 > n2  append t1 after 0@0 [1@1 noop] commit 0",
      "n1 > n3  append t1 after 0@0 [1@1 noop] commit 0",
      "n2 > n1  appendResponse t1 has 1",
      "n3 > n1  appendResponse t1 has 1",
      "n1 > n2  append t1 after 1@1 [2@1 command] commit 1",
      "n1 > n3  append t1 after 1@1 [2@1 command] commit 1",
      "n2 > n1  appendResponse t1 has 2",
      "n3 > n1  appendResponse t1 has 2",
    ]
  `);
});

it("brings every log of figure 7 to the leader's, a term at a time", () => {
  const ids = ["n1", "na", "nb", "nc", "nd", "ne", "nf"];
  const configuration = makeConfiguration(ids);
  const cluster = new Cluster({
    n1: initial(configuration, [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], 7),
    na: initial(configuration, [1, 1, 1, 4, 4, 5, 5, 6, 6], 7),
    nb: initial(configuration, [1, 1, 1, 4], 7),
    nc: initial(configuration, [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6], 7),
    nd: initial(configuration, [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], 7),
    ne: initial(configuration, [1, 1, 1, 4, 4, 4, 4], 7),
    nf: initial(configuration, [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3], 7),
  });
  cluster.elect("n1");
  for (const id of ids) expect(cluster.terms(id), id).toEqual([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]);
  const refusals = cluster.lines.filter((line) => line.includes("refuses"));
  expect(refusals).toMatchInlineSnapshot(`
    [
      "na > n1  appendResponse t8 refuses 10, hint 9@6",
      "nb > n1  appendResponse t8 refuses 10, hint 4@4",
      "ne > n1  appendResponse t8 refuses 10, hint 7@4",
      "nf > n1  appendResponse t8 refuses 10, hint 10@3",
    ]
  `);
});
