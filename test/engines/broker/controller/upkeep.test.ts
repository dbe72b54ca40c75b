import { expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { settingsOf } from "#engines/broker/controller/options.js";
import { Upkeep } from "#engines/broker/controller/upkeep.js";
import { boot, inWorld } from "../../rpc/support.js";
import { TestCluster } from "../metadata/support.js";

/** Timers go off by `lateUs` later than they should: a process that is paused. */
function pausedBy(env: Env, lateUs: () => number): Env {
  const setTimer: Env["clock"]["setTimer"] = (durationUs, callback) =>
    env.clock.setTimer(durationUs + lateUs(), callback);
  const { clock } = env;
  return {
    ...env,
    clock: {
      nowUs: () => clock.nowUs(),
      wallUs: () => clock.wallUs(),
      sleep: (durationUs) => clock.sleep(durationUs),
      setTimer,
    },
  };
}

test.each([
  [0, ["b1", "b2"]],
  [5_000_000, []],
])("who was deaf itself for %i us fences nobody for its silence", (lateUs, fenced) =>
  inWorld(async (world) => {
    const cluster = new TestCluster("b1", "b2");
    const env = await boot(world, "c1");
    const asked: string[] = [];
    const options = settingsOf({ directory: "d", controllers: ["c1"], sessionTimeoutUs: 800_000 });
    const upkeep = new Upkeep(
      pausedBy(env, () => lateUs),
      options,
      {
        image: () => cluster.machine.image,
        require: () => Promise.resolve(),
        execute: (command) => {
          if (command.kind === "fence") asked.push(command.broker);
          return Promise.resolve();
        },
      },
    );
    upkeep.begin();
    // One look each: at 900 ms, and behind the pause.
    await world.sleep(lateUs === 0 ? 950_000 : 5_500_000);
    upkeep.end();
    expect(asked).toEqual(fenced);
  }),
);
