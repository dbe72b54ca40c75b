// What a crash, a power loss and a pause do to a process, and what is no finding because of them.
import { describe, expect, it } from "vitest";
import type { Env } from "#engines/env/index.js";
import { Crashed } from "#sim/crashed.js";
import type { Incarnation } from "#sim/process.js";
import type { TraceRecord } from "#sim/trace.js";
import { testWorld } from "../support/world.js";

const forever = (): Promise<never> => new Promise(() => {});

describe("a crash", () => {
  it("kills what the process has under way, and nothing of it settles or has an effect", async () => {
    const world = testWorld();
    const node = world.addNode("n1");
    const heard: string[] = [];
    await world.run(async () => {
      const { exited } = world.boot(node, async (env) => {
        env.clock.setTimer(50_000, () => heard.push("timer"));
        await env.clock.sleep(20_000);
        heard.push("slept");
      });
      await world.sleep(10_000);
      world.crash(node);
      expect(await exited).toBe("crash");
      await world.sleep(100_000);
    });
    expect(heard).toEqual([]);
    expect(world.findings).toEqual([]);
  });

  it("leaves an environment whose synchronous calls throw and whose promises never settle", async () => {
    const world = testWorld();
    const node = world.addNode("n1");
    let env!: Env;
    let settled = false;
    await world.run(async () => {
      world.boot(node, async (given) => {
        env = given;
        await forever();
      });
      await world.sleep(1);
      world.crash(node);
      expect(() => env.clock.nowUs()).toThrow(Crashed);
      expect(() => env.random.uint32()).toThrow(Crashed);
      expect(() => env.clock.setTimer(1, () => {})).toThrow(Crashed);
      void env.disk.open("f", "create").finally(() => (settled = true));
      void env.clock.sleep(1).finally(() => (settled = true));
      await world.sleep(1_000_000);
      expect(node.disk.list("")).toEqual([]);
    });
    expect(settled).toBe(false);
  });

  it("keeps the page cache, which a power loss does not", async () => {
    const found: (number | undefined)[] = [];
    const program = async (env: Env): Promise<void> => {
      const file = await env.disk.open("f", "create");
      const [first] = await file.read(0, 1);
      found.push(first);
      if (first === undefined) {
        await env.disk.syncDir("");
        file.write(0, new Uint8Array(100).fill(7));
      }
      await forever();
    };
    // Seeds differ in how much of the unsynced suffix a power loss keeps: over some of them it drops the write.
    for (let seed = 0; seed < 20; seed++) {
      const world = testWorld({ seed });
      const node = world.addNode("n1");
      const fault = world.faults.ledger.plan("power-loss@n1:test", "power-loss", "n1", 0, 0, "by the test");
      fault.injected();
      await world.run(async () => {
        world.boot(node, program);
        await world.sleep(10_000);
        world.crash(node);
        await world.sleep(1);
        world.boot(node, program);
        await world.sleep(10_000);
        world.powerLoss(node, fault);
        await world.sleep(1);
        world.boot(node, program);
        await world.sleep(100_000);
      });
      expect(world.findings).toEqual([]);
    }
    const byBoot = [0, 1, 2].map((boot) => new Set(found.filter((_, i) => i % 3 === boot)));
    expect(byBoot).toEqual([new Set([undefined]), new Set([7]), new Set([7, 0])]);
  });

  it("strikes at every kind of call, also in the middle of a handler", async () => {
    const reachedSteps = new Set<number>();
    for (let seed = 0; seed < 300; seed++) {
      const world = testWorld({ seed, faults: { crash: 1_000_000 }, strikeEveryCalls: 4 });
      const node = world.addNode("n1");
      let step = 0;
      await world.run(async () => {
        await world.boot(node, async (env) => {
          for (step = 0; step < 8; step++) env.clock.nowUs();
          await env.clock.sleep(1);
        }).exited;
      });
      reachedSteps.add(step);
      expect(world.findings).toEqual([]);
    }
    expect([...reachedSteps].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("frees the events of the dead: far timers don't pile up", async () => {
    const world = testWorld();
    const node = world.addNode("n1");
    const trace: TraceRecord[] = [];
    await world.run(async () => {
      for (let i = 0; i < 50; i++) {
        world.boot(node, async (env) => {
          for (let j = 0; j < 10; j++) env.clock.setTimer(1_000_000_000, () => trace.push({} as TraceRecord));
          await forever();
        });
        await world.sleep(10);
        world.crash(node);
        await world.sleep(10);
      }
    });
    expect(world.nowUs).toBe(1_000);
    expect(trace).toEqual([]);
  });
});

describe("a pause", () => {
  it("makes clocks jump, delays what follows, and makes everything else wait", async () => {
    let jumps = 0;
    for (let seed = 0; seed < 100; seed++) {
      const world = testWorld({ seed, faults: { pause: 1_000_000 }, strikeEveryCalls: 3 });
      const node = world.addNode("n1");
      await world.run(async () => {
        await world.boot(node, async (env) => {
          let before = env.clock.nowUs();
          for (let i = 0; i < 6; i++) {
            const now = env.clock.nowUs();
            expect(now).toBeGreaterThanOrEqual(before);
            if (now - before >= 1_000) jumps++;
            before = now;
          }
          const asked = before;
          await env.clock.sleep(10);
          expect(env.clock.nowUs()).toBeGreaterThanOrEqual(asked + 10);
        }).exited;
      });
      expect(world.findings).toEqual([]);
    }
    expect(jumps).toBeGreaterThan(30);
  });

  it("lets messages wait and keeps their order", async () => {
    const PING = {
      id: 1,
      name: "ping",
      encode: (n: number) => new Uint8Array([n]),
      decode: (b: Uint8Array) => b[0]!,
    };
    let waited = 0;
    for (let seed = 0; seed < 60; seed++) {
      const world = testWorld({ seed, faults: { pause: 1_000_000 }, strikeEveryCalls: 10 });
      const [a, b] = [world.addNode("a"), world.addNode("b")];
      const got: number[] = [];
      await world.run(async () => {
        world.boot(b, async (env) => {
          env.network.receive(PING, (_, n) => {
            got.push(n);
            env.clock.nowUs();
          });
          await forever();
        });
        world.boot(a, async (env) => {
          for (let i = 0; i < 20; i++) {
            env.network.send("b", PING, i);
            await env.clock.sleep(100);
          }
        });
        await world.sleep(60_000_000);
      });
      expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i));
      if (world.faults.ledger.counts().get("pause")?.changed) waited++;
    }
    expect(waited).toBeGreaterThan(20);
  });
});

describe("errors", () => {
  const failing = async (program: (env: Env, self: Incarnation) => Promise<void>): Promise<string[]> => {
    const world = testWorld();
    const node = world.addNode("n1");
    await world.run(async () => {
      await world.boot(node, program).exited;
    });
    return world.findings.map(({ invariant, node: at, message }) => `${invariant} ${at} ${message}`);
  };

  it("are findings with their node: thrown by the program, in a timer, or as a rejection nobody awaits", async () => {
    const expected = ["process/uncaught-error n1 Error: oops"];
    expect(
      await failing(async () => {
        throw new Error("oops");
      }),
    ).toEqual(expected);
    expect(
      await failing(async (env) => {
        env.clock.setTimer(5, () => {
          throw new Error("oops");
        });
        await forever();
      }),
    ).toEqual(expected);
    expect(
      await failing(async (env) => {
        void env.clock.sleep(5).then(() => {
          throw new Error("oops");
        });
        await forever();
      }),
    ).toEqual(expected);
  });

  it("of a process that died before are none", async () => {
    const world = testWorld();
    const node = world.addNode("n1");
    await world.run(async () => {
      const { exited } = world.boot(node, async (env) => {
        await env.clock.sleep(10);
        world.crash(node);
        throw new Error("too late to matter");
      });
      await exited;
      await world.sleep(10);
    });
    expect(world.findings).toEqual([]);
  });
});

describe("what does not end", () => {
  it("is found by its calls within one event", async () => {
    const world = testWorld({ limits: { callsPerEvent: 10_000 } });
    const node = world.addNode("n1");
    await world.run(async () => {
      await world.boot(node, async (env) => {
        for (;;) env.clock.nowUs();
      }).exited;
    });
    expect(world.findings.map(({ invariant, node: at }) => [invariant, at])).toEqual([
      ["limits/env-calls", "n1"],
    ]);
  });

  it("is found by its events, by its simulated time, or by an empty queue", async () => {
    const ticking = testWorld({ limits: { events: 1_000 } });
    await ticking.run(async () => {
      for (;;) await ticking.sleep(1);
    });
    expect(ticking.findings[0]?.invariant).toBe("limits/events");

    const slow = testWorld({ limits: { simTimeUs: 1_000_000 } });
    await slow.run(async () => {
      for (;;) await slow.sleep(100_000);
    });
    expect(slow.findings[0]?.invariant).toBe("limits/sim-time");

    const stuck = testWorld();
    await stuck.run(forever);
    expect(stuck.findings[0]?.invariant).toBe("liveness/stalled");
  });
});
