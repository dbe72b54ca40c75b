// The Raft scenarios on correct code and on a store that forgets: what they hold, and that they can fail.
import { describe, expect, it } from "vitest";
import { KeyValueMachine, decodeCommand, encodeResult } from "#engines/raft/kv/index.js";
import type { StateMachine } from "#engines/raft/state-machine.js";
import { nodeHost } from "#runner/host.js";
import { raftScenario } from "#scenarios/raft/index.js";
import type { RaftSetting } from "#scenarios/raft/plan.js";
import { RAFT_SETTING, inMemory } from "#scenarios/raft/settings.js";
import { driveRaft } from "#scenarios/raft/storm.js";
import { raftClocksScenario } from "#scenarios/raft-clocks/index.js";
import { raftDisksScenario } from "#scenarios/raft-disks/index.js";
import { raftLyingScenario } from "#scenarios/raft-lying/index.js";
import { raftMembershipScenario } from "#scenarios/raft-membership/index.js";
import { raftPartitionsScenario } from "#scenarios/raft-partitions/index.js";
import { raftSnapshotsScenario } from "#scenarios/raft-snapshots/index.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { ParameterValues, Scenario } from "#sim/scenario.js";

const ALL: readonly Scenario[] = [
  raftScenario,
  raftPartitionsScenario,
  raftMembershipScenario,
  raftSnapshotsScenario,
  raftDisksScenario,
  raftLyingScenario,
  raftClocksScenario,
];

function run(
  scenario: Scenario,
  seed: number,
  parameters: Record<string, number | string> = {},
): Promise<SeedResult> {
  const values: ParameterValues = new Map(Object.entries(parameters));
  return runSeed(scenario, { seed, host: nodeHost("sync"), parameters: values });
}

/** The scenario `raft` over another store. */
function over(newMachine: () => StateMachine): Scenario {
  const setting: RaftSetting = { ...RAFT_SETTING, newMachine: inMemory(newMachine) };
  return { ...raftScenario, drive: (seed) => driveRaft(seed, setting) };
}

/** Says that it appended, one time in four, and did not. */
class ForgetfulMachine extends KeyValueMachine {
  #appends = 0;

  override apply(bytes: Uint8Array): Uint8Array {
    const command = decodeCommand(bytes);
    if (command.op === "append" && ++this.#appends % 4 === 0) return encodeResult({ kind: "ok" });
    return super.apply(bytes);
  }
}

/** Answers with what nobody wrote. */
class InventiveMachine extends KeyValueMachine {
  override query(): Uint8Array {
    return encodeResult({ kind: "value", value: "999999;" });
  }
}

describe.each(ALL.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  it("holds on a few seeds, in which something happens", async () => {
    let commits = 0;
    for (const seed of [1, 2]) {
      const { findings, counts } = await run(scenario, seed);
      expect(findings).toEqual([]);
      commits += counts["commits"]!;
    }
    expect(commits).toBeGreaterThan(50);
  });

  it("holds at the extremes of its parameters", async () => {
    for (const parameters of [
      { servers: 1, clients: 1, operations: 10, stormMs: 500 },
      { servers: 2, operations: 0, stormMs: 500 },
      { servers: 3, operations: 0 },
      { servers: 9, clients: 20, operations: 60, stormMs: 500 },
    ]) {
      expect((await run(scenario, 4, parameters)).findings).toEqual([]);
    }
  });
});

describe("raft", () => {
  it("gives the same trace twice", async () => {
    expect((await run(raftScenario, 7)).traceHash).toBe((await run(raftScenario, 7)).traceHash);
  });

  it("finds a store that forgets what it acknowledged", async () => {
    const { findings } = await run(
      over(() => new ForgetfulMachine()),
      1,
    );
    expect(findings.map(({ invariant }) => invariant)).toEqual(["raft/linearizability"]);
    expect(findings[0]!.message).toContain("no order of the operations explains an answer");
  });

  it("finds a value that nobody wrote", async () => {
    const { findings } = await run(
      over(() => new InventiveMachine()),
      1,
    );
    expect(findings.map(({ invariant }) => invariant)).toEqual(["raft/never-written"]);
  });
});
