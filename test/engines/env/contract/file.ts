import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { File } from "#engines/env/index.js";
import type { ContractHarness } from "../contract.js";
import { bytesOf, failure, fileWith, pattern, readAll, thrown, writeAll } from "./support.js";

export function fileContract({ run }: ContractHarness): void {
  test("what was written is read, at once and after a sync", () =>
    run(async ({ disk }) => {
      const file = await disk.open("log", "create");
      const bytes = pattern(20_000, 1);
      writeAll(file, 0, bytes);
      expect(file.size()).toBe(20_000);
      expect(await readAll(file, 0, 20_000)).toEqual([...bytes]);
      await file.sync();
      expect(await readAll(file, 5_000, 10)).toEqual([...bytes.subarray(5_000, 5_010)]);
    }));

  test("a write changes its own bytes only", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2, 3, 4, 5));
      writeAll(file, 1, bytesOf(8, 9));
      expect(await readAll(file, 0, 9)).toEqual([1, 8, 9, 4, 5]);
      expect(file.size()).toBe(5);
    }));

  test("bytes are copied in and out", () =>
    run(async (env) => {
      const mine = bytesOf(1, 2, 3);
      const file = await fileWith(env, "log", mine);
      mine.fill(0);
      const read = await file.read(0, 3);
      read.fill(9);
      expect(await readAll(file, 0, 3)).toEqual([1, 2, 3]);
    }));

  test("a part of an array is written as that part", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2, 3, 4, 5).subarray(1, 4));
      expect(await readAll(file, 0, 9)).toEqual([2, 3, 4]);
    }));

  test("reads end at the end of the file, and past it there is nothing", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2, 3));
      expect(await readAll(file, 1, 100)).toEqual([2, 3]);
      expect(await readAll(file, 0, 1_000_000)).toEqual([1, 2, 3]);
      expect(await file.read(3, 10)).toEqual(bytesOf());
      expect(await file.read(1_000_000, 10)).toEqual(bytesOf());
      expect(await file.read(0, 0)).toEqual(bytesOf());
    }));

  test("a gap past the end reads as zeros", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1));
      writeAll(file, 10_000, bytesOf(2));
      expect(file.size()).toBe(10_001);
      const bytes = await readAll(file, 0, 20_000);
      expect(bytes).toEqual([1, ...new Uint8Array(9_999), 2]);
    }));

  test("writing nothing changes nothing", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1));
      expect(file.write(100, bytesOf())).toBe(0);
      expect(file.size()).toBe(1);
    }));

  test("truncate cuts, and extends with zeros; what was cut does not come back", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", new Uint8Array(9_000).fill(7));
      file.truncate(3);
      expect(file.size()).toBe(3);
      expect(await readAll(file, 0, 100)).toEqual([7, 7, 7]);
      file.truncate(9_000);
      expect(file.size()).toBe(9_000);
      expect(await readAll(file, 0, 9_001)).toEqual([7, 7, 7, ...new Uint8Array(8_997)]);
      file.truncate(2);
      writeAll(file, 4, bytesOf(1));
      expect(await readAll(file, 0, 9)).toEqual([7, 7, 0, 0, 1]);
      file.truncate(0);
      expect(file.size()).toBe(0);
      expect(await file.read(0, 9)).toEqual(bytesOf());
    }));

  test("two handles are on the same bytes", () =>
    run(async (env) => {
      const first = await fileWith(env, "log", bytesOf(1, 2));
      const second = await env.disk.open("log", "existing");
      writeAll(second, 2, bytesOf(3));
      expect(first.size()).toBe(3);
      expect(await readAll(first, 0, 9)).toEqual([1, 2, 3]);
      first.truncate(1);
      expect(second.size()).toBe(1);
      await Promise.all([first.sync(), second.sync()]);
      await first.close();
      expect(await readAll(second, 0, 9)).toEqual([1]);
      writeAll(second, 1, bytesOf(4));
      await second.sync();
    }));

  test("sync resolves: for many at once, and with nothing to do", () =>
    run(async ({ disk }) => {
      const file = await disk.open("log", "create");
      await file.sync();
      const writers = Array.from({ length: 32 }, async (_, writer) => {
        for (let round = 0; round < 3; round++) {
          writeAll(file, (writer * 3 + round) * 8, pattern(8, writer));
          await file.sync();
        }
      });
      await Promise.all(writers);
      expect(file.size()).toBe(32 * 3 * 8);
    }));

  test("after close everything fails with EBADF; a second close has no effect", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1));
      await file.close();
      expect(await failure(file.close())).toBe("none");
      await expectClosed(file);
    }));

  test("calls made before close complete, calls made after its call fail", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2));
      const read = readAll(file, 0, 2);
      const synced = failure(file.sync());
      const closed = failure(file.close());
      await expectClosed(file);
      expect(await read).toEqual([1, 2]);
      expect(await Promise.all([synced, closed])).toEqual(["none", "none"]);
    }));

  test("what a closed handle wrote is there, and other handles go on", () =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2));
      await file.close();
      const again = await env.disk.open("log", "existing");
      await file.close();
      expect(await readAll(again, 0, 9)).toEqual([1, 2]);
    }));

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])("EINVAL for %d", (bad) =>
    run(async (env) => {
      const file = await fileWith(env, "log", bytesOf(1, 2));
      expect(thrown(() => file.write(bad, bytesOf(9)))).toBe("EINVAL");
      expect(thrown(() => file.truncate(bad))).toBe("EINVAL");
      expect(await failure(file.read(bad, 1))).toBe("EINVAL");
      expect(await failure(file.read(0, bad))).toBe("EINVAL");
      expect(await readAll(file, 0, 9)).toEqual([1, 2]);
    }),
  );

  // Drawn out here: in a simulation no clock and no randomness but the environment's may be touched inside.
  const sequences = fc.sample(fc.array(step, { minLength: 20, maxLength: 40 }), SAMPLE);
  test("any sequence of writes, truncations and reads is that of an array", () =>
    run(async ({ disk }) => {
      for (const [index, steps] of sequences.entries()) {
        await replay(await disk.open(`log-${index}`, "exclusive"), steps);
      }
    }));
}

async function expectClosed(file: File): Promise<void> {
  expect(thrown(() => file.size())).toBe("EBADF");
  expect(thrown(() => file.write(0, bytesOf(1)))).toBe("EBADF");
  expect(thrown(() => file.truncate(0))).toBe("EBADF");
  expect(await failure(file.read(0, 1))).toBe("EBADF");
  expect(await failure(file.sync())).toBe("EBADF");
}

type Step = readonly ["write" | "truncate" | "read" | "sync", number, number];

const SAMPLE = { numRuns: 20, seed: 20_240_101 };
const position = fc.oneof(fc.nat(64), fc.constantFrom(511, 512, 4_095, 4_096, 4_097, 8_192), fc.nat(12_000));
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom("write", "write", "truncate", "read", "sync"),
  position,
  position,
);

/** Runs the steps on the file and on an array of numbers beside it. */
async function replay(file: File, steps: readonly Step[]): Promise<void> {
  const model: number[] = [];
  for (const [salt, [kind, at, length]] of steps.entries()) {
    if (kind === "write") {
      const bytes = pattern(length, salt);
      writeAll(file, at, bytes);
      if (length > 0) while (model.length < at) model.push(0);
      for (const [index, byte] of bytes.entries()) model[at + index] = byte;
    } else if (kind === "truncate") {
      file.truncate(at);
      while (model.length < at) model.push(0);
      model.length = at;
    } else if (kind === "read") {
      expect(await readAll(file, at, length)).toEqual(model.slice(at, at + length));
    } else {
      await file.sync();
    }
    expect(file.size()).toBe(model.length);
  }
  expect(await readAll(file, 0, model.length + 1)).toEqual(model);
}
