import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BareLoop } from "#runner/bench/bare-loop.js";
import { sideBySide } from "#runner/bench/measure.js";

test("the bare loop runs by time, first come first served within one moment", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 50 }), (delays) => {
      const loop = new BareLoop();
      const ran: [timeUs: number, index: number][] = [];
      for (const [index, delay] of delays.entries()) {
        loop.after(delay, () => ran.push([loop.nowUs, index]));
      }
      loop.run(() => ran.length === delays.length);
      const expected = delays.map((delay, index): [number, number] => [delay, index]);
      expect(ran).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
    }),
    { seed: 9 },
  );
});

test("two things are measured in turn, after one warm-up each", async () => {
  const order: string[] = [];
  const rates = await sideBySide(
    [
      () => order.push("a"),
      async () => {
        await Promise.resolve();
        return order.push("b");
      },
    ],
    3,
  );
  expect(order.join("")).toBe("abababab");
  for (const { min, median, max } of rates) {
    expect(min).toBeLessThanOrEqual(median);
    expect(median).toBeLessThanOrEqual(max);
  }
});
