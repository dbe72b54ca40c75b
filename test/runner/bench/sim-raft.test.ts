import { expect, test } from "vitest";
import { raftCommits } from "#runner/bench/sim-raft.js";

test.each([1, 64])("a simulated cluster commits with %i in flight, over snapshots", async (inFlight) => {
  expect(await raftCommits(inFlight, 12_000)).toBe(12_000);
});
