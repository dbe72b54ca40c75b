/** Scenarios as tests of vitest: `seedstorm/vitest`. */
import { test } from "vitest";
import type { Scenario } from "#sim/scenario.js";
import { checkSeeds, type CheckSeedsOptions } from "./check-seeds.js";

export interface SimTestOptions extends Omit<CheckSeedsOptions, "signal"> {
  /** Of the test. `my-scenario holds` unless given. */
  readonly name?: string;
  /** How long the test may take, in wall-clock milliseconds. 60,000 unless given. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Registers a test that holds where every seed does. Where one does not, its message has the seed, the
 * invariant, what broke and, with `module`, the command that replays it.
 */
export function simTest(scenario: Scenario, options: SimTestOptions = {}): void {
  const { name = `${scenario.name} holds`, timeoutMs = DEFAULT_TIMEOUT_MS, ...checked } = options;
  test(name, { timeout: timeoutMs }, async ({ signal }) => {
    await checkSeeds(scenario, { ...checked, signal });
  });
}
