/**
 * A scenario that gets into trouble of a chosen kind at a chosen seed, and is fine at all others. A plain
 * module, as a user of the package would write one: it imports nothing.
 */
const TROUBLES = [
  "none",
  "sync-loop",
  "microtask-loop",
  "event-loop",
  "never-answers",
  "exit",
  "dies",
  "out-of-memory",
  "throws",
  "rejects",
  "breaks",
  "speaks-oddly",
  "reads-clock",
];

export default {
  name: "trouble",
  summary: "gets into trouble of a chosen kind at a chosen seed",
  parameters: {
    kind: { type: "choice", summary: "which trouble", choices: TROUBLES, default: "none" },
    seed: { type: "integer", summary: "at which seed", min: -1, max: 1_000_000, default: 7 },
    every: { type: "integer", summary: "or at every n-th; 0 for never", min: 0, max: 1_000_000, default: 0 },
    sleeps: { type: "integer", summary: "events of a seed", min: 1, max: 1_000_000, default: 20 },
  },
  faults: { crash: { minPpm: 100_000, maxPpm: 500_000 } },
  mustReach: ["trouble/slept"],
  coverageSeeds: 50,
  strikeEveryCalls: 10,
  limits: { events: 20_000 },
  async drive(run) {
    const { world } = run;
    const { seed } = world.decisions;
    const every = run.integer("every");
    const isTroubled = seed === run.integer("seed") || (every > 0 && seed % every === 0);
    const node = world.addNode("n1");
    for (let life = 0; life < 3; life++) {
      const incarnation = world.boot(node, async (env) => {
        for (let i = 0; i < run.integer("sleeps"); i++) {
          await env.clock.sleep(1_000 + env.random.below(1_000));
          run.count("operations");
          env.reached("trouble/slept");
        }
        if (isTroubled && life === 0) await getInto(run.choice("kind"), env, world);
      });
      await incarnation.exited;
    }
    if (isTroubled && run.choice("kind") !== "none") await getInto(run.choice("kind"), undefined, world);
  },
};

async function getInto(kind, env, world) {
  switch (kind) {
    case "sync-loop":
      for (;;);
    case "microtask-loop":
      for (;;) await Promise.resolve();
    case "event-loop":
      for (;;) await world.sleep(1);
    case "never-answers":
      await new Promise(() => {});
      break;
    case "exit":
      process.exit(0);
      break;
    case "dies":
      process.reallyExit(3);
      break;
    case "out-of-memory": {
      const hoard = [];
      for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => i));
    }
    case "throws":
      throw new Error("thrown on purpose");
    case "rejects":
      void Promise.reject(new Error("rejected on purpose"));
      await world.sleep(1_000);
      break;
    case "breaks":
      world.fail("trouble/broken", "broken on purpose");
      break;
    case "speaks-oddly":
      world.fail("trouble/\u001b[2J\nodd", "two\nlines\u0007");
      break;
    case "reads-clock":
      try {
        Date.now();
      } catch {
        // swallowed, as an engine might
      }
      break;
  }
}
