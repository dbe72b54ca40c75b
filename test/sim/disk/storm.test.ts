import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isDiskError } from "#engines/env/index.js";
import { evictSome, writeBackSome } from "#sim/disk/background.js";
import { ADVERSARIAL_PROFILE, HONEST_PROFILE, type SyncTicket } from "#sim/disk/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import { expectInvariants } from "./invariants.js";
import type { Step } from "./model.js";
import { rig, type Rig } from "./support.js";
import { lives, runStep } from "./steps.js";

const KINDS: FaultKind[] = [
  "torn-write",
  "reordered-write",
  "garbage",
  "no-psow",
  "metadata-loss",
  "fsync-eio-clean",
  "fsync-eio-late",
  "fsync-eio-revert",
  "read-eio",
  "enospc",
  "quota",
  "short-write",
  "short-read",
  "lost-fsync",
  "lost-write",
  "stale-read",
  "bit-rot",
  "misdirected-write",
  "misdirected-read",
];

/** Reordering shows only where two pages are dirty, which is rare in lives as short as these. */
function ppmOf(kind: FaultKind): number {
  return kind === "reordered-write" ? 900_000 : 300_000;
}

/** Syncs of files and directories are begun and ended later, so that writes come between. */
function storm(made: Rig, steps: readonly Step[], seed: number): void {
  const { disk, faults } = made;
  const open: SyncTicket[] = [];
  for (const [index, step] of steps.entries()) {
    made.at(index * 100_000);
    try {
      if (step.kind === "sync") open.push(disk.beginSync(disk.open(step.path, "existing")));
      else if (step.kind === "syncDir") open.push(disk.beginSyncDir(step.path));
      else runStep(disk, step);
      if ((seed + index) % 3 > 0 && open.length > 0) disk.endSync(open.shift()!);
      if ((seed + index) % 7 === 0) writeBackSome(disk.core, faults.decisions, index);
      if ((seed + index) % 4 === 0) evictSome(disk.core, faults.decisions, index);
      for (const { path, sizeBytes } of disk.inspect().files) {
        if ((seed + index) % 2 === 0) disk.read(disk.open(path, "existing"), 0, sizeBytes);
      }
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
    expectInvariants(disk);
  }
}

test.each([HONEST_PROFILE, ADVERSARIAL_PROFILE])(
  "whatever strikes, the state stays sound ($metadata)",
  (profile) => {
    const states = new Map<FaultKind, Set<string>>();
    fc.assert(
      fc.property(lives, fc.nat(1_000_000), fc.subarray(KINDS), (all, seed, on) => {
        const made = rig(Object.fromEntries(on.map((kind) => [kind, ppmOf(kind)])), { seed, profile });
        for (const life of all) {
          storm(made, life, seed);
          made.disk.powerLoss();
          expectInvariants(made.disk);
          const { files } = made.disk.inspect();
          expect(
            files.every((file) => file.sizeBytes === file.durableSizeBytes && file.dirtyPages.length === 0),
          ).toBe(true);
        }
        for (const { kind, state } of made.faults.ledger.faults) {
          states.set(kind, (states.get(kind) ?? new Set()).add(state));
        }
        const ids = made.faults.ledger.faults.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { seed: 5, numRuns: 250 },
    );
    for (const kind of KINDS) expect([kind, states.has(kind)]).toEqual([kind, true]);
  },
);
