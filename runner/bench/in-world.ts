/** A world without faults for a benchmark to run in. */
import type { Env } from "#engines/env/index.js";
import { DEFAULT_LIMITS, World } from "#sim/world.js";
import { nodeHost } from "../host.js";

/** Runs a world of nodes, n0, n1..., that serve until one of them calls `finish`. Throws where the world finds something. */
export async function inWorld(
  nodes: number,
  program: (env: Env, index: number, finish: () => void) => void,
): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, events: Infinity };
  const world = new World({ seed: 1, host: nodeHost(), swarm: new Map(), limits });
  await world.run(async () => {
    await new Promise<void>((finish) => {
      for (let index = 0; index < nodes; index++) {
        world.boot(world.addNode(`n${index}`), (env) => {
          program(env, index, finish);
          return new Promise(() => {});
        });
      }
    });
  });
  const [finding] = world.findings;
  if (finding !== undefined) throw new Error(`${finding.invariant}: ${finding.message}`);
}
