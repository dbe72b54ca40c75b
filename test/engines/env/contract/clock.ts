import { expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import type { ContractHarness } from "../contract.js";

/** 2020-01-01T00:00:00Z. */
const IN_2020_US = 1_577_836_800_000_000;

export function clockContract({ run }: ContractHarness): void {
  test("the monotonic clock counts whole microseconds and never goes back", () =>
    run(async ({ clock }) => {
      let last = clock.nowUs();
      for (let reading = 0; reading < 1000; reading++) {
        const now = clock.nowUs();
        expect(Number.isSafeInteger(now) && now >= last).toBe(true);
        last = now;
      }
      await clock.sleep(10);
      expect(clock.nowUs()).toBeGreaterThan(last);
    }));

  test("the wall clock counts whole microseconds since 1970", () =>
    run(async ({ clock }) => {
      const wall = clock.wallUs();
      expect(Number.isSafeInteger(wall)).toBe(true);
      expect(wall).toBeGreaterThan(IN_2020_US);
    }));

  test.each([0, 1, 300, 999, 1000, 1001, 7_500])("sleep(%d) lasts at least so long", (durationUs) =>
    run(async ({ clock }) => {
      const began = clock.nowUs();
      await clock.sleep(durationUs);
      expect(clock.nowUs() - began).toBeGreaterThanOrEqual(durationUs);
    }),
  );

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])("a duration of %d is refused at once", (durationUs) =>
    run(async ({ clock }) => {
      let fired = 0;
      expect(() => clock.sleep(durationUs)).toThrow(AssertionFailed);
      expect(() => clock.setTimer(durationUs, () => fired++)).toThrow(AssertionFailed);
      await clock.sleep(2_000);
      expect(fired).toBe(0);
    }),
  );

  test("sleepers sleep at the same time", () =>
    run(async ({ clock }) => {
      const woken: number[] = [];
      const sleeper = async (durationUs: number): Promise<void> => {
        await clock.sleep(durationUs);
        woken.push(durationUs);
      };
      await Promise.all([sleeper(15_000), sleeper(5_000), sleeper(10_000)]);
      expect(woken).toEqual([5_000, 10_000, 15_000]);
    }));

  test.each([0, 1, 700, 3_000])(
    "a timer of %d fires once, not early, and not before setTimer returned",
    (us) =>
      run(async ({ clock }) => {
        const firedUs: number[] = [];
        const began = clock.nowUs();
        clock.setTimer(us, () => firedUs.push(clock.nowUs() - began));
        expect(firedUs).toEqual([]);
        await clock.sleep(us + 10_000);
        expect(firedUs).toHaveLength(1);
        expect(firedUs[0]).toBeGreaterThanOrEqual(us);
      }),
  );

  test("timers fire in the order of their deadlines", () =>
    run(async ({ clock }) => {
      const fired: string[] = [];
      clock.setTimer(6_000, () => fired.push("third"));
      clock.setTimer(500, () => fired.push("first"));
      clock.setTimer(2_000, () => fired.push("second"));
      clock.setTimer(9_000, () => fired.push("fourth"));
      await clock.sleep(20_000);
      expect(fired).toEqual(["first", "second", "third", "fourth"]);
    }));

  test("many timers with one deadline all fire", () =>
    run(async ({ clock }) => {
      let fired = 0;
      for (let timer = 0; timer < 100; timer++) clock.setTimer(2_000, () => fired++);
      await clock.sleep(12_000);
      expect(fired).toBe(100);
    }));

  test("a cancelled timer does not fire, and the others do", () =>
    run(async ({ clock }) => {
      const fired: number[] = [];
      const timers = Array.from({ length: 20 }, (_, id) =>
        clock.setTimer(1_000 + id * 100, () => fired.push(id)),
      );
      for (const [id, timer] of timers.entries()) if (id % 3 === 0) timer.cancel();
      await clock.sleep(15_000);
      expect(fired.toSorted((a, b) => a - b)).toEqual(timers.map((_, id) => id).filter((id) => id % 3 !== 0));
    }));

  test("a timer can be cancelled by one that fires before it", () =>
    run(async ({ clock }) => {
      let fired = false;
      const later = clock.setTimer(6_000, () => (fired = true));
      clock.setTimer(2_000, () => later.cancel());
      await clock.sleep(15_000);
      expect(fired).toBe(false);
    }));

  test("cancelling twice, in the callback or after it has no effect", () =>
    run(async ({ clock }) => {
      let fired = 0;
      const twice = clock.setTimer(1_000, () => fired++);
      twice.cancel();
      twice.cancel();
      const own = clock.setTimer(1_000, () => {
        own.cancel();
        fired++;
      });
      await clock.sleep(10_000);
      own.cancel();
      const next = clock.setTimer(1_000, () => fired++);
      twice.cancel();
      own.cancel();
      await clock.sleep(10_000);
      next.cancel();
      expect(fired).toBe(2);
    }));

  test("a callback may set the next timer", () =>
    run(async ({ clock }) => {
      const firedUs: number[] = [];
      const began = clock.nowUs();
      const tick = (): void => {
        firedUs.push(clock.nowUs() - began);
        if (firedUs.length < 5) clock.setTimer(1_000, tick);
      };
      clock.setTimer(1_000, tick);
      await clock.sleep(40_000);
      expect(firedUs).toHaveLength(5);
      for (const [tickNumber, us] of firedUs.entries())
        expect(us).toBeGreaterThanOrEqual(1_000 * (tickNumber + 1));
    }));
}
