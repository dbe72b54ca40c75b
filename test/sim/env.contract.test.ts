// The simulated environment keeps the same contract as the real one.
import type { Env } from "#engines/env/index.js";
import { envContract } from "../engines/env/contract.js";
import { testWorld } from "../support/world.js";

/** Runs the body in the world, and rethrows outside of it what it threw. */
async function inWorld(names: readonly string[], body: (...envs: Env[]) => Promise<void>): Promise<void> {
  const world = testWorld();
  let failure: { readonly error: unknown } | undefined;
  await world.run(async () => {
    const envs = await Promise.all(
      names.map(
        (name) =>
          new Promise<Env>((resolve) => {
            const node = world.addNode(name);
            // The process stays up until the body is through.
            world.boot(node, async (env) => {
              resolve(env);
              await new Promise(() => {});
            });
          }),
      ),
    );
    try {
      await body(...envs);
    } catch (error) {
      failure = { error };
    }
  });
  if (failure !== undefined) throw failure.error;
  const finding = world.findings[0];
  if (finding !== undefined) throw new Error(`${finding.invariant}: ${finding.message}`);
}

envContract("the simulated environment", {
  run: (body) => inWorld(["a"], body),
  runPair: (body) => inWorld(["a", "b"], body),
});
