/** Not deterministic: a counter of the module leaks from one run into the next. */
let runs = 0;

export default {
  name: "leaky",
  summary: "depends on what ran before it",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1_000_000,
  async drive(run) {
    const { world } = run;
    const node = world.addNode("n1");
    await world.boot(node, async (env) => {
      await env.clock.sleep(1_000);
      env.log(`run ${runs++ === 0 ? "first" : "later"}`);
      await env.clock.sleep(1_000);
    }).exited;
  },
};
