import { beforeEach, expect, test } from "vitest";
import { Link } from "#engines/env/node/link.js";

interface Fake {
  silentMs(): number;
  destroy(): void;
  readonly break: () => void;
  silence: number;
  destroyed: boolean;
}

let nowMs: number;
let dialled: Fake[];
let link: Link<Fake>;

beforeEach(() => {
  nowMs = 1_000_000;
  dialled = [];
  const dial = (onClosed: () => void): Fake => {
    const fake: Fake = {
      silence: 0,
      destroyed: false,
      silentMs: () => fake.silence,
      destroy: () => (fake.destroyed = true),
      break: onClosed,
    };
    dialled.push(fake);
    return fake;
  };
  link = new Link(dial, () => nowMs);
});

/** Breaks the link and says after how many milliseconds it is dialled again. */
function redialAfterMs(): number {
  dialled.at(-1)!.break();
  const before = dialled.length;
  for (let waited = 0; ; waited += 10) {
    expect(waited).toBeLessThan(10_000);
    const connection = link.connection();
    expect(connection === undefined).toBe(dialled.length === before);
    if (connection !== undefined) return waited;
    nowMs += 10;
  }
}

test("dials when it is first needed, and keeps the connection", () => {
  expect(dialled).toHaveLength(0);
  const connection = link.connection();
  expect(link.connection()).toBe(connection);
  expect(dialled).toEqual([connection]);
});

test("one that breaks soon is dialled again ever later, up to a second", () => {
  link.connection();
  const waits = Array.from({ length: 7 }, redialAfterMs);
  expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
});

test("one that lasted is dialled again soon", () => {
  link.connection();
  for (let times = 0; times < 5; times++) redialAfterMs();
  nowMs += 6_000;
  expect(redialAfterMs()).toBe(50);
});

test("one that has been silent for long is given up for a new one; its end changes nothing then", () => {
  const silent = link.connection()!;
  nowMs += 6_000;
  silent.silence = 4_999;
  expect(link.connection()).toBe(silent);
  silent.silence = 5_001;
  expect(link.connection()).toBeUndefined();
  expect(silent.destroyed).toBe(true);
  nowMs += 50;
  const next = link.connection();
  expect(next).not.toBe(silent);
  silent.break();
  expect(link.connection()).toBe(next);
});
