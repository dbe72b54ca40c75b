// The tests of the lab see the mistakes that they are there for.
import { describe, expect, it } from "vitest";
import type { Persist, RaftStorage, Recovered, SavedSnapshot } from "#engines/raft/storage.js";
import { nodeHost } from "#runner/host.js";
import { raftLabScenario } from "#scenarios/raft-lab/index.js";
import type { Plant } from "#scenarios/raft-lab/server.js";
import { LAB_TESTS, runLabTest } from "#scenarios/raft-lab/suite.js";
import { runSeed } from "#sim/run-seed.js";

/** What the named test finds with this mistake in the cluster. */
async function found(name: string, plant: Plant): Promise<string[]> {
  const test = LAB_TESTS.find((each) => each.name === name)!;
  const scenario = {
    ...raftLabScenario,
    drive: (run) => runLabTest(run, test, plant),
  } as typeof raftLabScenario;
  const { findings } = await runSeed(scenario, { seed: 1, host: nodeHost("sync") });
  return findings.map(({ invariant, message }) => `${invariant}: ${message}`);
}

/** Says that all is durable, and writes nothing. */
class ForgetfulStorage implements RaftStorage {
  readonly #real: RaftStorage;

  constructor(real: RaftStorage) {
    this.#real = real;
  }

  recover(): Promise<Recovered> {
    return this.#real.recover();
  }

  persist(_what: Persist): undefined {
    return undefined;
  }

  saveSnapshot(snapshot: SavedSnapshot): Promise<void> {
    return this.#real.saveSnapshot(snapshot);
  }

  loadSnapshot(): Promise<SavedSnapshot | undefined> {
    return this.#real.loadSnapshot();
  }

  close(): Promise<void> {
    return this.#real.close();
  }
}

describe("a planted mistake", () => {
  it.each(["TestPersist13C", "TestPersist23C", "TestPersist33C"])(
    "forgotten writes fail %s",
    async (name) => {
      const findings = await found(name, { storage: (real) => new ForgetfulStorage(real) });
      expect(findings[0]).toMatch(`raft-lab/${name}: `);
    },
  );

  it("a server that applies another command fails TestBasicAgree3B", async () => {
    const onApply: Plant["onApply"] = (applied, server) =>
      server === 1 && applied.command === "200" ? { ...applied, command: "201" } : applied;
    const findings = await found("TestBasicAgree3B", { onApply });
    expect(findings[0]).toMatch(/TestBasicAgree3B: commit index 2: .* 20[01] .* 20[01] /);
  });

  it("heartbeats that come too often fail TestCount3B", async () => {
    const findings = await found("TestCount3B", { heartbeatUs: 10_000 });
    expect(findings[0]).toMatch(/TestCount3B: too many .*RPCs/);
  });

  it("logs that are never cut fail TestSnapshotBasic3D", async () => {
    const findings = await found("TestSnapshotBasic3D", { takesNoSnapshots: true });
    expect(findings[0]).toMatch(/TestSnapshotBasic3D: log size too large/);
  });
});
