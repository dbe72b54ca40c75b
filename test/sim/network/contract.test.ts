// The network keeps its contract also where it loses messages and takes its time.
import type { Env } from "#engines/env/index.js";
import { describe } from "vitest";
import { networkContract } from "../../engines/env/contract/network.js";
import { inLab, type Lab } from "./support.js";

const OPTIONS = {
  faults: { "message-loss": 200_000, "message-corrupt": 100_000 },
  networkProfile: { minLatencyUs: 100, meanLatencyUs: 2_000, bandwidthBytesPerS: 0, queueMessages: 0 },
  checkPayloads: true,
};

async function inStorm(names: readonly string[], body: (...envs: Env[]) => Promise<void>): Promise<void> {
  const run = (lab: Lab): Promise<void> => body(...names.map((name) => lab.env(name)));
  await inLab(names, OPTIONS, run);
}

describe("the simulated network under faults", () => {
  networkContract({
    run: (body) => inStorm(["a"], body),
    runPair: (body) => inStorm(["a", "b"], body),
  });
});
