/** All checks on a world: when servers are inspected, and when disks are looked at. */
import type { Observation } from "#engines/env/index.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { NodeId } from "#engines/raft/types.js";
import {
  RaftChecks,
  type DiskWitness,
  type ObservedProcess,
  type ObservedWorld,
} from "#scenarios/raft/checks/index.js";
import { expect, test } from "vitest";
import { ABC, ORIGIN, Tape, entry } from "./tape.js";

/** A world of processes that say of themselves what a test wants. */
class StubWorld implements ObservedWorld {
  currentEventId = 0;
  readonly decisions = { bits: (): number => 0 };
  readonly #processes: Map<NodeId, ObservedProcess> = new Map();
  #listener: (from: ObservedProcess, event: Observation) => void = () => {};

  listen(listener: (from: ObservedProcess, event: Observation) => void): void {
    this.#listener = listener;
  }

  node(name: NodeId): ObservedProcess["node"] | undefined {
    return this.#processes.get(name)?.node;
  }

  boot(name: NodeId, inspect: () => unknown): void {
    const processes = this.#processes;
    const node = {
      name,
      disk: { durableFiles: () => [] },
      get incarnation() {
        return processes.get(name);
      },
    };
    processes.set(name, { node, alive: true, inspect });
    this.observe(name, {
      kind: "raft/booted",
      term: 0,
      vote: undefined,
      base: ORIGIN,
      entries: [],
      snapshot: undefined,
      configuration: ABC,
      isRepairing: false,
    });
  }

  observe(name: NodeId, event: RaftEvent | Observation): void {
    this.#listener(this.#processes.get(name)!, event);
  }
}

const FRESH = {
  role: "follower",
  term: 0,
  vote: undefined,
  commit: 0,
  applied: 0,
  digest: 0,
  base: ORIGIN,
  log: [],
  configuration: ABC,
  isRepairing: false,
};

function checked(): { world: StubWorld; checks: RaftChecks; found: string[] } {
  const world = new StubWorld();
  const found: string[] = [];
  const report = (invariant: string): void => void found.push(invariant);
  return { world, checks: new RaftChecks({ world, report, sampleEvery: 1, diskSampleEvery: 1 }), found };
}

test("a server that acts is not inspected in that event, others are", () => {
  const { world, checks, found } = checked();
  world.boot("a", () => ({ ...FRESH, term: 7 }));
  world.observe("a", { kind: "raft/term-changed", term: 1, vote: "a" });
  world.observe("a", { kind: "wal/persisted" });
  expect(checks.stats.inspections).toBe(0);
  world.currentEventId++;
  world.boot("b", () => FRESH);
  expect(checks.stats).toMatchObject({ inspections: 1, observations: 3 });
  expect(found).toEqual(["raft/misreported"]);
});

test("at the end every server that runs is inspected, and every disk is held against what was said", () => {
  const { world, checks, found } = checked();
  world.boot("a", () => ({ ...FRESH, term: 1, vote: "a" }));
  world.observe("a", { kind: "raft/term-changed", term: 1, vote: "a" });
  checks.finish();
  expect(found).toEqual([]);
  world.observe("a", { kind: "raft/persisted", last: ORIGIN, term: 1, vote: "a" });
  checks.finish();
  expect(found).toEqual(["raft/misreported"]);
  expect(checks.stats).toMatchObject({ inspections: 2, diskLooks: 2 });
});

/** Disks of which only these hold anything. */
function disksOf(...names: readonly NodeId[]): DiskWitness {
  return { isDue: () => true, holds: ({ name }) => names.includes(name) };
}

test("a quorum that only said so is none", () => {
  expect(Tape.begun(disksOf("a", "b")).invariants).toEqual([]);
  expect(Tape.begun(disksOf("a")).invariants).toEqual(["raft/quorum-durable"]);
  const three = Tape.begun(disksOf("a", "b")).term("c", 1).append("c", entry(1, 1)).persist("c");
  three.replicate("a", ["b", "c"], entry(2, 1)).commit("a", 2);
  expect(three.invariants).toEqual(["raft/misreported"]);
});

test("a disk that can't be read says nothing", () => {
  const disks: DiskWitness = { isDue: () => true, holds: () => undefined };
  expect(Tape.begun(disks).invariants).toEqual([]);
});
