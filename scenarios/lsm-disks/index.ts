/**
 * `lsm-disks`: the LSM tree of `lsm` on one disk that lies: syncs and writes that never happened, older bytes,
 * flipped bits, bytes of another place, sectors that can't be read.
 *
 * What it checks: a store without a second copy can't promise to keep everything here. It may refuse to open, or
 * refuse reads as damaged; the end of its log may be lost, so that it wakes up in an older state of its own, which is
 * counted. But every state that it shows is the one behind some prefix of the writes, whatever the lie: a table is
 * written once and never changed, so that a write that was lost, went elsewhere, or is read as it was before leaves
 * bytes that its checksums, which are seeded by file and place, don't fit; and log and manifest are only ever
 * lengthened, so that all a lie can take from them unnoticed is their end. What it does not: whether damage could
 * have been noticed earlier, and whether `verify` names it.
 */
import type { Scenario } from "#sim/scenario.js";
import { drawLsm } from "../lsm/engine.js";
import { LSM_NARRATION } from "../lsm/narration.js";
import { LYING_FAULTS, STORE_PARAMETERS, driveOnLyingDisk, STORE_PLAN_VERSION } from "../store/index.js";
import { admitStrikes } from "../wal/harness.js";

export const lsmDisksScenario: Scenario = {
  name: "lsm-disks",
  summary: "the same LSM tree on a disk that lies: wrong bytes are never served, losses are counted",
  parameters: STORE_PARAMETERS,
  faults: LYING_FAULTS,
  mustReach: [
    "lsm/damage-refused",
    "lsm/manifest-torn-tail",
    "scenario/refused-as-damaged",
    "scenario/writes-lost",
    "wal/damage-refused",
  ],
  coverageSeeds: 1_000,
  strikeEveryCalls: 100,
  admit: admitStrikes,
  narration: LSM_NARRATION,
  planVersion: STORE_PLAN_VERSION,
  drive: (run) => driveOnLyingDisk(run, "lsm-disks", drawLsm, () => "prefix"),
};
