// Power loss at every operation of short lives: every image of the disk opens, and holds a state that was promised.
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { WriteOperation } from "#engines/store/index.js";
import { nodeHost } from "#runner/host.js";
import { ADVERSARIAL_PROFILE, type DiskProfile } from "#sim/disk/index.js";
import { exploreCrashPoints, type CrashPointReport } from "#sim/explore/index.js";
import type { Scenario } from "#sim/scenario.js";
import { TINY, bytes, keyOf, rest } from "./support.js";

const KEYS = 12;

/** Batch `i`, from 1 on: puts, now and then a delete, over few keys. */
function batchOf(i: number): WriteOperation[] {
  const put = (key: number): WriteOperation => {
    return { type: "put", key: keyOf(key), value: bytes(`${i}-${"y".repeat(24)}`) };
  };
  const gone: WriteOperation = { type: "delete", key: keyOf((i * 5) % KEYS) };
  return i % 4 === 0 ? [put(i % KEYS), gone] : [put(i % KEYS), put((i * 7 + 1) % KEYS)];
}

/** What an iterator gives after the first `count` batches. */
function stateAfter(count: number): string[] {
  const state = new Map<string, string>();
  const text = new TextDecoder();
  for (let i = 1; i <= count; i++) {
    for (const operation of batchOf(i)) {
      const key = text.decode(operation.key);
      if (operation.type === "put") state.set(key, text.decode(operation.value));
      else state.delete(key);
    }
  }
  return [...state].map(([key, value]) => `${key}=${value}`).sort();
}

/** A life of `count` batches; `promised` is told how many are acknowledged as durable. */
async function live(
  env: Env,
  options: LsmOptions,
  count: number,
  promised: (count: number) => void,
): Promise<void> {
  const isDurable = options.policy?.kind !== "none";
  const store = await LsmStore.open(env, options);
  for (let i = 1; i <= count; i++) {
    expect(await store.write(batchOf(i))).toBe(i);
    if (isDurable) promised(i);
  }
  await store.flush();
  promised(count);
  await store.close();
}

function scenarioOf(profile: DiskProfile, options: LsmOptions, count: number): Scenario {
  return {
    name: "lsm-life",
    summary: "for the test",
    parameters: {},
    faults: {},
    mustReach: [],
    coverageSeeds: 1,
    drive: async () => {},
    explore() {
      let position = 0;
      return {
        profile,
        position: () => position,
        program: (env) =>
          live(env, options, count, (acknowledged) => {
            position = acknowledged;
          }),
        recover: (world, least) => async (env) => {
          const store = await LsmStore.open(env, options);
          const found = store.snapshot().sequence;
          if (found < least) world.fail("lsm/lost", `${found} of ${least} batches`);
          const state = await rest(store.iterate());
          if (state.join() !== stateAfter(found).join()) world.fail("lsm/state", `not that after ${found}`);
          for (const { rule, where, message } of (await store.verify()).problems) {
            world.fail("lsm/verify", `${rule} ${where} ${message}`);
          }
          // Sequences go on where the state ends.
          const next = await store.write(batchOf(found + 1));
          if (next !== found + 1) world.fail("lsm/sequence", `${next} after ${found}`);
          await store.close();
        },
      };
    },
  };
}

async function explore(profile: DiskProfile, options: LsmOptions, count: number): Promise<CrashPointReport> {
  const scenario = scenarioOf(profile, options, count);
  return exploreCrashPoints(scenario, { seed: 1, host: nodeHost("sync"), imagesPerPoint: 2 });
}

function messages({ findings }: CrashPointReport): string[] {
  return findings.map(({ point, operation, finding }) => `${point} ${operation}: ${finding.message}`);
}

describe("a power loss", () => {
  const cases: readonly (readonly [string, Partial<LsmOptions>])[] = [
    ["of names in any order, in a size-tiered tree", { strategy: "size-tiered" }],
    ["under the policy none", { policy: { kind: "none" } }],
  ];
  test.each(cases)("%s leaves what was promised", async (_, options) => {
    const report = await explore(ADVERSARIAL_PROFILE, { ...TINY, memtableBytes: 250, ...options }, 12);
    expect(messages(report)).toEqual([]);
    expect(report.counts.checked).toBeGreaterThan(100);
  });
});
