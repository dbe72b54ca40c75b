// What a server begins from: its machine's own disk, its log and its snapshot, in every relation they can have.
import { describe, expect, test } from "vitest";
import { makeConfiguration } from "#engines/raft/configuration.js";
import { openMachine } from "#engines/raft/held-state.js";
import { NOTHING_APPLIED, type Applied, type DurableMachine } from "#engines/raft/state-machine.js";
import type { Recovered, SavedSnapshot } from "#engines/raft/storage.js";
import type { Entry } from "#engines/raft/types.js";
import { MemoryEnv } from "../support/memory-env.js";

/** Says what it holds, and remembers what was done to it. */
class FakeMachine implements DurableMachine {
  readonly calls: string[] = [];
  readonly isFull = false;
  readonly #held: Applied;

  constructor(held: Applied) {
    this.#held = held;
  }

  async open(): Promise<Applied> {
    return this.#held;
  }

  async restore(chunks: readonly Uint8Array[] | undefined): Promise<void> {
    this.calls.push(chunks === undefined ? "restore nothing" : `restore ${chunks.length}`);
  }

  async seal({ index, term, digest }: Applied): Promise<void> {
    this.calls.push(`seal ${index}/${term}/${digest}`);
  }

  apply(): never {
    throw new Error("nothing is applied yet");
  }

  query(): never {
    throw new Error("nothing is asked yet");
  }

  snapshot(): never {
    throw new Error("nothing is saved yet");
  }

  async close(): Promise<void> {}
}

function entries(from: number, to: number, term: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    index: from + i,
    term,
    kind: "noop",
    data: new Uint8Array(0),
  }));
}

function snapshotAt(index: number, term: number): SavedSnapshot {
  return {
    meta: { index, term, configuration: makeConfiguration(["n1"]) },
    digest: 77,
    chunks: [new Uint8Array(1), new Uint8Array(2)],
  };
}

const at = (index: number, term: number): Applied => ({ index, term, digest: 5 });

interface Case {
  readonly held: Applied;
  readonly recovered: Partial<Recovered>;
  readonly begins: Applied;
  readonly calls: readonly string[];
  readonly mark?: string;
}

const RESTORED = { begins: { index: 20, term: 2, digest: 77 }, calls: ["restore 2", "seal 20/2/77"] };
const FORGOTTEN = { begins: NOTHING_APPLIED, calls: ["restore nothing", "seal 0/0/0"] };

const LOG = { base: { index: 10, term: 1 }, entries: entries(11, 40, 2), snapshot: snapshotAt(20, 2) };

const CASES: Record<string, Case> = {
  "nothing anywhere": { held: NOTHING_APPLIED, recovered: {}, begins: NOTHING_APPLIED, calls: [] },
  "a log from the first entry on, and a new store": {
    held: NOTHING_APPLIED,
    recovered: { entries: entries(1, 9, 1) },
    begins: NOTHING_APPLIED,
    calls: [],
  },
  "a state in the log": {
    held: at(35, 2),
    recovered: LOG,
    begins: at(35, 2),
    calls: [],
    mark: "raft/machine-resumed",
  },
  "a state at the log's end": { held: at(40, 2), recovered: LOG, begins: at(40, 2), calls: [] },
  "a state behind the snapshot, from which the log leads on": {
    held: at(12, 2),
    recovered: LOG,
    begins: at(12, 2),
    calls: [],
    mark: "raft/machine-behind-snapshot",
  },
  "a state at the log's base": { held: at(10, 1), recovered: LOG, begins: at(10, 1), calls: [] },
  "a state before the log's base": {
    held: at(9, 1),
    recovered: LOG,
    ...RESTORED,
    mark: "raft/machine-rebuilt",
  },
  "no state before a snapshot": { held: NOTHING_APPLIED, recovered: LOG, ...RESTORED },
  "a state that the snapshot's log does not go through": { held: at(15, 1), recovered: LOG, ...RESTORED },
  "a state whose server lost its log": {
    held: at(35, 2),
    recovered: { isRepairing: true },
    ...FORGOTTEN,
    mark: "raft/machine-rebuilt",
  },
  "a state whose server has repaired its log beyond it": {
    held: at(5, 2),
    recovered: { isRepairing: true, entries: entries(1, 9, 2) },
    begins: at(5, 2),
    calls: [],
  },
  "a state whose server has a snapshot of the repair": {
    held: at(35, 2),
    recovered: { isRepairing: true, base: { index: 20, term: 2 }, snapshot: snapshotAt(20, 2) },
    ...RESTORED,
  },
};

function recoveredOf(parts: Partial<Recovered>): Recovered {
  return {
    hardState: { term: 3, vote: undefined },
    base: { index: 0, term: 0 },
    entries: [],
    snapshot: undefined,
    isRepairing: false,
    ...parts,
  };
}

describe("a server begins from", () => {
  test.each(Object.entries(CASES))("%s", async (_, { held, recovered, begins, calls, mark }) => {
    const env = new MemoryEnv();
    const machine = new FakeMachine(held);
    expect(await openMachine(env, machine, recoveredOf(recovered))).toEqual(begins);
    expect(machine.calls).toEqual(calls);
    if (mark !== undefined) expect([...env.marks]).toEqual([mark]);
  });

  test.each([
    ["is shorter", at(41, 2), LOG],
    ["is another one", at(35, 1), LOG],
    ["is gone", at(3, 1), {}],
  ])("nothing, where the log that its state came from %s", async (_, held, recovered) => {
    const machine = new FakeMachine(held);
    await expect(openMachine(new MemoryEnv(), machine, recoveredOf(recovered))).rejects.toMatchObject({
      code: "RAFT_LOG_LOST",
    });
    expect(machine.calls).toEqual([]);
  });
});
