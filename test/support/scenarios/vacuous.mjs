/** Enables a fault that can't bite, since nothing is ever read, and asks for a mark that nothing reaches. */
export default {
  name: "vacuous",
  summary: "enables a fault that cannot bite",
  parameters: {},
  faults: { "bit-rot": { minPpm: 500_000, maxPpm: 1_000_000 } },
  mustReach: ["vacuous/never"],
  coverageSeeds: 50,
  async drive(run) {
    await run.world.sleep(1_000);
    run.count("operations", 3);
  },
};
