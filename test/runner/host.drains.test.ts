import { describe, expect, test } from "vitest";
import { nodeHost, type Drain } from "#runner/host.js";

async function runSteps(drain: Drain, steps: readonly (() => void)[]): Promise<{ log: string[] }> {
  const host = nodeHost(drain);
  const log: string[] = [];
  host.arm(
    (what) => log.push(`violation ${what}`),
    (reason) => log.push(`uncaught ${(reason as Error).message}`),
  );
  let next = 0;
  await host.loop(() => {
    const step = steps[next];
    if (step === undefined) return false;
    log.push(`step ${next++}`);
    step();
    return true;
  });
  host.disarm();
  return { log };
}

describe.each(["sync", "async"] as const)("the %s drain", (drain) => {
  test("runs all microtasks, however deep, before the next step", async () => {
    const deep: string[] = [];
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      deep.push("done");
    };
    const seen: number[] = [];
    await runSteps(drain, [() => void chain(), () => seen.push(deep.length)]);
    expect(seen).toEqual([1]);
  });

  test("hands over a rejection nobody handles, between its step and the next", async () => {
    const { log } = await runSteps(drain, [() => void Promise.reject(new Error("lost")), () => {}]);
    expect(log).toEqual(["step 0", "uncaught lost", "step 1"]);
  });

  test("hands over an error that escapes a microtask", async () => {
    const { log } = await runSteps(drain, [
      () =>
        queueMicrotask(() => {
          throw new Error("escaped");
        }),
    ]);
    expect(log).toEqual(["step 0", "uncaught escaped"]);
  });

  test("keeps the guard up in continuations", async () => {
    const { log } = await runSteps(drain, [
      () => void Promise.resolve().then(() => Promise.resolve().then(() => Math.random())),
    ]);
    expect(log[1]).toBe("violation Math.random");
  });

  test("keeps the guard up only while the world is on the stack", async () => {
    let beats = 0;
    const timer = setInterval(() => (beats += Math.random() >= 0 ? 1 : 0), 0);
    const { log } = await runSteps(
      drain,
      Array.from({ length: 20_000 }, () => () => {}),
    );
    clearInterval(timer);
    expect(log).toHaveLength(20_000);
    expect(beats).toBeGreaterThan(0);
  });

  test("rejects where a step throws, and puts the listeners back", async () => {
    const before = process.rawListeners("unhandledRejection");
    await expect(
      runSteps(drain, [
        () => {
          throw new Error("broken");
        },
      ]),
    ).rejects.toThrow("broken");
    expect(process.rawListeners("unhandledRejection")).toEqual(before);
    expect(Math.random()).toBeGreaterThanOrEqual(0);
  });
});
