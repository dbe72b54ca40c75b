import { EMPTY_CONFIGURATION, makeConfiguration } from "#engines/raft/configuration.js";
import type { NodeId } from "#engines/raft/types.js";
import {
  checkConvergence,
  convergenceProblem,
  type ConvergenceOptions,
  type InspectedRaft,
} from "#scenarios/raft/checks/index.js";
import { expect, test } from "vitest";
import { ABC, ORIGIN, Tape } from "./tape.js";

const AT_ONE: InspectedRaft = {
  role: "follower",
  term: 1,
  vote: undefined,
  commit: 1,
  applied: 1,
  digest: 7,
  base: ORIGIN,
  log: [],
  configuration: ABC,
  isRepairing: false,
};

/** A cluster that has one entry committed, and says of itself what the test wants. */
function cluster(said: Readonly<Record<NodeId, Partial<InspectedRaft> | "down">> = {}): ConvergenceOptions {
  const world = {
    node: (name: NodeId) => {
      const own = said[name] ?? {};
      if (own === "down") return { incarnation: { alive: false, inspect: () => undefined } };
      return { incarnation: { alive: true, inspect: () => ({ ...AT_ONE, ...own }) } };
    },
  };
  return { checks: { model: Tape.begun().model }, world };
}

test("equal members have converged", () => {
  expect(convergenceProblem(cluster())).toBeUndefined();
});

test("removed servers and learners may be anywhere", () => {
  const model = Tape.begun().boot("d", { configuration: EMPTY_CONFIGURATION }).model;
  expect(convergenceProblem({ ...cluster({ d: "down", e: "down" }), checks: { model } })).toBeUndefined();
});

test.each<[string, Parameters<typeof cluster>[0]]>([
  ["a member that does not run", { c: "down" }],
  ["a member that is behind", { c: { applied: 0, digest: 0 } }],
  ["a member that does not know", { b: { commit: 0 } }],
  ["a member in another state", { b: { digest: 8 } }],
  ["a member that is being repaired", { a: { isRepairing: true } }],
])("%s", (_what, said) => {
  const found: string[] = [];
  checkConvergence({ ...cluster(said), report: (invariant) => found.push(invariant) });
  expect(found).toEqual(["raft/not-converged"]);
});

test("a joint configuration is no end", () => {
  const joint = makeConfiguration(["a", "b"], [], ["a", "b", "c"]);
  const tape = new Tape().bootAll(joint);
  expect(convergenceProblem({ ...cluster(), checks: { model: tape.model } })).toMatch("joint");
  expect(convergenceProblem({ ...cluster(), checks: { model: new Tape().model } })).toMatch("no server");
});
