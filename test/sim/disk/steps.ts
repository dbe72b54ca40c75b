/** Random operations on a disk and on the model beside it. */
import * as fc from "fast-check";
import type { SimDisk } from "#sim/disk/index.js";
import type { Model, Step } from "./model.js";
import { expectBytes, readAll, sync, syncDir } from "./support.js";

const PATHS = ["a", "b", "d/a"];
const name = fc.constantFrom(...PATHS);
const position = fc.oneof(
  fc.nat(700),
  fc.constantFrom(0, 511, 512, 513, 4095, 4096, 4097, 4608, 8192),
  fc.nat(9000),
);
const filled = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 400, max: 5000 })),
    fc.integer({ min: 1, max: 255 }),
  )
  .map(([length, value]) => Uint8Array.from({ length }, (_, index) => (value + (index >> 8)) & 0xff || 1));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("create" as const), path: name }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      path: name,
      offset: position,
      bytes: filled,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("truncate" as const), path: name, size: position }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sync" as const), path: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), path: name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), path: name }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("syncDir" as const), path: fc.constantFrom("", "d") }),
  },
);

/** Begins with a directory that is durable or not. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 16 }))
  .map(([durable, rest]) => [
    { kind: "mkdir", path: "d" },
    ...(durable ? [{ kind: "syncDir", path: "" } as const] : []),
    { kind: "create", path: "a" },
    ...rest,
  ]);

/** What a machine does between three power losses. */
export const lives: fc.Arbitrary<Step[][]> = fc
  .tuple(steps, steps, steps)
  .map(([first, ...later]) => [first, ...later.map((life) => life.filter((one) => one.kind !== "mkdir"))]);

/** The names that can be found, and the bytes that are read, are those of the model. */
export function expectContent(disk: SimDisk, model: Model): void {
  for (const [path, node] of model.names) {
    if (node > 0 && model.reachable(path)) {
      expectBytes(readAll(disk, disk.open(path, "existing")), model.content(path));
    }
  }
}

export function runStep(disk: SimDisk, one: Step): void {
  switch (one.kind) {
    case "create":
      disk.open(one.path, "exclusive");
      return;
    case "mkdir":
      return disk.mkdir(one.path);
    case "rename":
      return disk.rename(one.path, one.to);
    case "remove":
      return disk.remove(one.path);
    case "syncDir":
      return syncDir(disk, one.path);
    case "write":
      disk.write(disk.open(one.path, "existing"), one.offset, one.bytes);
      return;
    case "truncate":
      return disk.truncate(disk.open(one.path, "existing"), one.size);
    case "sync":
      return sync(disk, disk.open(one.path, "existing"));
  }
}

/** Runs the steps that can be run on both. */
export function runSteps(disk: SimDisk, model: Model, all: readonly Step[], between?: () => void): void {
  for (const one of all) {
    // Each pending operation on a name doubles what brute force looks at.
    if (!model.possible(one) || (model.pendingNames >= 8 && one.kind !== "syncDir")) continue;
    runStep(disk, one);
    model.run(one);
    between?.();
  }
}
