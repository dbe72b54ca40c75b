import * as nodeCrypto from "node:crypto";
import { createRequire } from "node:module";
import { hrtime as importedHrtime } from "node:process";
import { setTimeout as importedSetTimeout } from "node:timers";
import { scheduler, setTimeout as importedSleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { ForbiddenCall } from "#runner/errors.js";
import { arm, disarm, takeUncaught } from "#runner/guards.js";

interface Violation {
  readonly what: string;
  readonly stack: string;
}

function guardedCall(call: () => unknown): { violations: Violation[]; thrown: unknown } {
  const violations: Violation[] = [];
  let thrown: unknown;
  arm({ onViolation: (what, stack) => violations.push({ what, stack }), onUncaught: () => {} });
  try {
    call();
  } catch (error) {
    thrown = error;
  } finally {
    disarm();
  }
  return { violations, thrown };
}

const dateConstructor = new Date(0).constructor as DateConstructor;
const sleepOf = (ms: number): Promise<unknown> => promisify(setTimeout)(ms);

const BANNED: readonly (readonly [name: string, call: () => unknown])[] = [
  ["Date", () => new Date()],
  ["Date", () => new Date("2024-01-01")],
  ["Date", () => Date()],
  ["Date", () => new dateConstructor()],
  ["Date", () => new (class extends Date {})()],
  ["Date.now", () => Date.now()],
  ["Date.parse", () => Date.parse("2024-01-01")],
  ["Math.random", () => Math.random()],
  ["performance.now", () => performance.now()],
  ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(4))],
  ["crypto.getRandomValues", () => nodeCrypto.getRandomValues(new Uint8Array(4))],
  ["crypto.randomUUID", () => crypto.randomUUID()],
  ["crypto.randomUUID", () => nodeCrypto.randomUUID()],
  ["crypto.randomBytes", () => nodeCrypto.randomBytes(4)],
  ["crypto.randomInt", () => nodeCrypto.randomInt(4)],
  ["crypto.randomFillSync", () => nodeCrypto.randomFillSync(new Uint8Array(4))],
  ["setTimeout", () => clearTimeout(setTimeout(() => {}, 0))],
  ["setInterval", () => clearInterval(setInterval(() => {}, 1_000))],
  ["setImmediate", () => clearImmediate(setImmediate(() => {}))],
  ["setTimeout", () => sleepOf(0)],
  ["timers.setTimeout", () => clearTimeout(importedSetTimeout(() => {}, 0))],
  ["timers/promises.setTimeout", () => importedSleep(0)],
  ["scheduler.wait", () => scheduler.wait(0)],
  ["process.hrtime", () => process.hrtime()],
  ["process.hrtime", () => importedHrtime()],
  ["process.hrtime.bigint", () => process.hrtime.bigint()],
  ["process.nextTick", () => process.nextTick(() => {})],
  ["process.uptime", () => process.uptime()],
];

afterEach(() => disarm());

describe("while armed", () => {
  test.each(BANNED)("%s throws and names itself and its caller (%#)", (name, call) => {
    const { violations, thrown } = guardedCall(call);
    expect(thrown).toBeInstanceOf(ForbiddenCall);
    expect((thrown as ForbiddenCall).parts.found).toBe(name);
    expect((thrown as ForbiddenCall).parts.where).toContain("guards.traps.test.ts");
    expect(violations.map((violation) => violation.what)).toEqual([name]);
    expect(violations[0]!.stack).toContain("guards.traps.test.ts");
  });

  test("a violation is heard of though the code swallows the throw", () => {
    const { violations, thrown } = guardedCall(() => {
      try {
        Math.random();
      } catch {
        // as an engine may do
      }
    });
    expect(thrown).toBeUndefined();
    expect(violations).toHaveLength(1);
  });

  test("console.log and callers inside Node are let through", () => {
    const { violations, thrown } = guardedCall(() => process.stderr.write(""));
    expect(thrown).toBeUndefined();
    expect(violations).toEqual([]);
  });

  test("what is pure still works", () => {
    const { thrown } = guardedCall(() => Date.UTC(2024, 0, 1) + Math.trunc(1.5));
    expect(thrown).toBeUndefined();
  });
});

test("while armed, process.exit throws", () => {
  const { violations, thrown } = guardedCall(() => process.exit(0));
  expect(thrown).toBeInstanceOf(ForbiddenCall);
  expect(violations.map(({ what }) => what)).toEqual(["process.exit"]);
});

describe("while not armed", () => {
  test.each(BANNED)("%s works (%#)", async (_name, call) => {
    await call();
  });

  test("a wrapper keeps what hangs on the original", () => {
    expect(setTimeout.name).toBe("setTimeout");
    expect(new Date(0)).toBeInstanceOf(Date);
    expect(Object.prototype.toString.call(new Date(0))).toBe("[object Date]");
    expect(createRequire(import.meta.url)("node:timers")).toHaveProperty("setTimeout", importedSetTimeout);
  });
});

test("uncaught errors go to whoever took them, and back to who listened before", () => {
  const before = process.rawListeners("unhandledRejection");
  const heard: unknown[] = [];
  const restore = takeUncaught({ onViolation: () => {}, onUncaught: (reason) => heard.push(reason) });
  process.emit("unhandledRejection", "reason", Promise.resolve());
  expect(process.rawListeners("unhandledRejection")).toHaveLength(1);
  restore();
  expect(heard).toEqual(["reason"]);
  expect(process.rawListeners("unhandledRejection")).toEqual(before);
});
