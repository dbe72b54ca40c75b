/**
 * Two nodes and a network that loses: `a` hands numbers to `b`, which answers each. The mistake: `a` never
 * sends one again, so a message that is lost breaks the promise, and nothing else does.
 */
import { History } from "seedstorm";

const NUMBER = {
  id: 2,
  name: "relay/number",
  encode: (value) => Uint8Array.of(value.n),
  decode: (bytes) => ({ kind: "handed", n: bytes[0] }),
};
const ANSWER = {
  id: 3,
  name: "relay/answer",
  encode: (value) => Uint8Array.of(value.n),
  decode: (bytes) => ({ n: bytes[0] }),
};

export default {
  name: "relay",
  summary: "hands numbers over and never again",
  parameters: { numbers: { type: "integer", summary: "in a run", min: 1, max: 200, default: 6 } },
  faults: {
    "message-loss": { minPpm: 100_000, maxPpm: 200_000, always: true },
    "slow-link": { minPpm: 100_000, maxPpm: 200_000 },
  },
  mustReach: [],
  coverageSeeds: 100,
  narration: { status: (event) => (event.kind === "relay/stage" ? event.stage : undefined) },
  async drive(run) {
    const { world } = run;
    const history = new History();
    run.tellClients({
      history,
      name: () => "a",
      describe: ({ input, outcome, output }) => ({
        asked: `hand over ${input}`,
        answered: outcome === "ok" ? `took ${output}` : "",
      }),
    });
    const b = world.boot(world.addNode("b"), async (env) => {
      env.network.receive(NUMBER, (from, { n }) => {
        if (n % 2 === 0) env.observe({ kind: "relay/stage", stage: `holds, up to ${n}` });
        env.network.send(from, ANSWER, { n });
      });
      await new Promise(() => {});
    });
    const answered = new Set();
    await world.boot(world.addNode("a"), async (env) => {
      env.observe({ kind: "relay/stage", stage: "handing" });
      const open = new Map();
      env.network.receive(ANSWER, (_from, { n }) => {
        answered.add(n);
        if (open.has(n)) history.ok(open.get(n), n);
        open.delete(n);
        env.observe({ kind: "relay/stage", stage: `handing, ${answered.size} taken` });
      });
      for (let n = 1; n <= run.integer("numbers"); n++) {
        open.set(n, history.invoke(n, n));
        env.network.send("b", NUMBER, { kind: "handed", n });
        await env.clock.sleep(10_000);
      }
      env.observe({ kind: "relay/stage", stage: "done" });
      await env.clock.sleep(500_000);
    }).exited;
    world.crash(b.node);
    for (let n = 1; n <= run.integer("numbers"); n++) {
      if (!answered.has(n)) world.fail("relay/lost", `number ${n} was never answered`);
    }
  },
};
