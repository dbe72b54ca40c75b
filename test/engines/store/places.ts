/** Where a store may live in a test. */
import type { Env } from "#engines/env/index.js";
import { testWorld } from "../../support/world.js";
import { nodeHarness } from "../env/node-harness.js";

/** Runs the body with an empty disk, and rejects with what it rejected with. */
export type Place = (body: (env: Env) => Promise<void>) => Promise<void>;

/** A disk in the simulator, without faults. */
export const simulated: Place = async (body) => {
  const world = testWorld();
  let failure: { readonly error: unknown } | undefined;
  await world.run(async () => {
    await world.boot(world.addNode("a"), async (env) => {
      try {
        await body(env);
      } catch (error) {
        failure = { error };
      }
    }).exited;
  });
  if (failure !== undefined) throw failure.error;
  const finding = world.findings[0];
  if (finding !== undefined) throw new Error(`${finding.invariant}: ${finding.message}`);
};

/** Real files. */
export const onFiles: Place = (body) => nodeHarness({ sync: "inline", read: "inline" }).run(body);

export const PLACES: readonly (readonly [string, Place])[] = [
  ["in the simulator", simulated],
  ["on real files", onFiles],
];
