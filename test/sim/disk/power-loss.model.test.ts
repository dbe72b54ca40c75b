import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Streams } from "#sim/streams.js";
import { ADVERSARIAL_PROFILE, HONEST_PROFILE, SimDisk, type DiskImage } from "#sim/disk/index.js";
import { writeBackSome } from "#sim/disk/background.js";
import type { FaultKind } from "#sim/faults/index.js";
import { Model, imageKey, type Step } from "./model.js";
import { NODE, rig } from "./support.js";
import { expectContent, lives, runStep, runSteps, steps } from "./steps.js";

const PROFILES = [HONEST_PROFILE, ADVERSARIAL_PROFILE];
const RUNS = 800;
const HALF = 500_000;

function stream(): ReturnType<Streams["get"]> {
  return new Streams(7).get("images");
}

describe.each(PROFILES)("metadata $metadata", (profile) => {
  test("a power loss leaves an image that the model allows", () => {
    const kinds: FaultKind[] = ["reordered-write", "torn-write", "garbage", "metadata-loss"];
    fc.assert(
      fc.property(lives, fc.nat(1_000_000), fc.subarray(kinds), fc.boolean(), (all, seed, on, background) => {
        const ppm = Object.fromEntries(on.map((kind) => [kind, HALF]));
        const { disk, faults } = rig(ppm, { seed, profile });
        const allowed = { torn: on.includes("torn-write"), garbage: on.includes("garbage") };
        let model = new Model(profile.metadata);
        let run = 0;
        for (const life of all) {
          runSteps(disk, model, life, () => {
            if (background) writeBackSome(disk.core, faults.decisions, ++run);
          });
          disk.powerLoss();
          const image = disk.durableImage();
          expect(model.allows(image, allowed)).toBe(true);
          model = Model.after(profile.metadata, image);
          expectContent(disk, model);
        }
      }),
      { seed: 1, numRuns: RUNS },
    );
  });

  test("each enumerated image is one that the model allows, and none comes twice", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const disk = new SimDisk({ node: NODE, profile });
        const model = new Model(profile.metadata);
        runSteps(disk, model, all);
        const hashes = new Set<number>();
        for (const image of disk.images(60, stream()).images) {
          expect(model.allows(image, { torn: true, garbage: true })).toBe(true);
          expect(hashes.has(image.hash)).toBe(false);
          hashes.add(image.hash);
          expect(SimDisk.fromImage(image, { node: NODE }).durableImage().hash).toBe(image.hash);
        }
      }),
      { seed: 2, numRuns: RUNS / 8 },
    );
  });

  test("the model tells images apart: a byte that nobody wrote is not allowed", () => {
    const disk = new SimDisk({ node: NODE, profile });
    const model = new Model(profile.metadata);
    runSteps(disk, model, SMALL);
    for (const image of disk.images(1000, stream()).images) {
      const file = image.files.find(({ size }) => size > 0);
      if (file === undefined) continue;
      const bytes = new Uint8Array(file.size);
      bytes.set(file.bytes.subarray(0, file.size));
      bytes[0] = 99;
      const wrong: DiskImage = {
        ...image,
        files: image.files.map((one) => (one === file ? { ...one, bytes } : one)),
      };
      expect(model.allows(wrong, { torn: true, garbage: false })).toBe(false);
    }
  });

  test.each([
    ["writes over two pages", (): Step[] => SMALL],
    ["names", (): Step[] => NAMES],
    ["truncations", (): Step[] => CUTS],
  ])("every allowed image turns up, over seeds and in the enumeration: %s", (_, small) => {
    const model = new Model(profile.metadata);
    const bare = new SimDisk({ node: NODE, profile });
    runSteps(bare, model, small());
    const wanted = new Set(model.allImages().keys());
    expect(wanted.size).toBeGreaterThan(4);

    const seen = new Set<string>();
    for (let seed = 0; seed < 6000 && seen.size < wanted.size; seed++) {
      const { disk } = rig({ "reordered-write": 700_000, "metadata-loss": 400_000 }, { seed, profile });
      for (const one of small()) runStep(disk, one);
      disk.powerLoss();
      seen.add(keyOf(disk.durableImage()));
    }
    expect([...wanted].filter((key) => !seen.has(key))).toEqual([]);
    expect([...seen].filter((key) => !wanted.has(key))).toEqual([]);

    const { images, total, sampled } = bare.images(100_000, stream());
    const listed = new Set([...images].map(keyOf));
    expect(sampled).toBe(false);
    expect(total).toBeGreaterThanOrEqual(listed.size);
    expect([...wanted].filter((key) => !listed.has(key))).toEqual([]);
  });
});

function keyOf(image: DiskImage): string {
  return imageKey(image.directories, image.files);
}

function write(path: string, offset: number, length: number, value: number): Step {
  return { kind: "write", path, offset, bytes: new Uint8Array(length).fill(value) };
}

const SMALL: Step[] = [
  { kind: "create", path: "a" },
  { kind: "syncDir", path: "" },
  write("a", 0, 5000, 1),
  { kind: "sync", path: "a" },
  write("a", 10, 20, 2),
  write("a", 4090, 10, 3),
  write("a", 4990, 20, 4),
];

const NAMES: Step[] = [
  { kind: "create", path: "a" },
  write("a", 0, 3, 1),
  { kind: "sync", path: "a" },
  { kind: "syncDir", path: "" },
  { kind: "create", path: "b" },
  write("b", 0, 3, 2),
  { kind: "rename", path: "b", to: "a" },
  { kind: "create", path: "b" },
  { kind: "mkdir", path: "d" },
  { kind: "rename", path: "a", to: "d/a" },
];

const CUTS: Step[] = [
  { kind: "create", path: "a" },
  { kind: "syncDir", path: "" },
  write("a", 0, 6000, 1),
  { kind: "sync", path: "a" },
  write("a", 4000, 200, 2),
  { kind: "truncate", path: "a", size: 4050 },
  write("a", 4100, 5, 3),
];
