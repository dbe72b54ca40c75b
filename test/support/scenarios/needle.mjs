// Sixty steps and many faults, of which two steps and one loss of power break something: what shrinking has to find.
const STEPS = 60;
const NEEDED = ["17", "42"];

export default {
  name: "needle",
  summary: "fails once two of its steps were taken on a machine that had lost its power",
  parameters: { level: { type: "integer", summary: "does nothing", min: 0, max: 9, default: 3 } },
  faults: {
    "power-loss": { minPpm: 900_000, maxPpm: 1_000_000, always: true },
    pause: { minPpm: 500_000, maxPpm: 900_000, always: true },
    "clock-skew": { minPpm: 900_000, maxPpm: 1_000_000, always: true },
  },
  mustReach: [],
  coverageSeeds: 100,
  strikeEveryCalls: 60,
  async drive(run) {
    const { world } = run;
    const node = world.addNode("n1");
    const drawn = Array.from({ length: STEPS }, (_, i) => ({
      client: i % 2,
      step: String(i),
      thinkUs: 123_456 + i,
      sizeBytes: 4_321,
    }));
    const steps = run.planned("steps", drawn);
    const repeats = run.planned("repeats", 5);
    const taken = new Set();
    let losses = 0;
    let next = 0;
    while (next < steps.length) {
      const exit = await world.boot(node, async (env) => {
        while (next < steps.length) {
          const { step, thinkUs } = steps[next++];
          await env.clock.sleep(thinkUs);
          for (let i = 0; i < repeats; i++) env.clock.nowUs();
          env.clock.wallUs();
          taken.add(step);
          if (losses > 0 && NEEDED.every((each) => taken.has(each)))
            world.fail("needle/found", "both were taken");
        }
      }).exited;
      if (exit === "power-loss") losses++;
    }
  },
};
