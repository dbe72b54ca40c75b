/**
 * `btree-disks`: the B-tree of `btree` on one disk that lies: syncs and writes that never happened, older bytes,
 * flipped bits, bytes of another place, sectors that can't be read.
 *
 * What it checks: a store without a second copy can't promise to keep everything here. It may refuse to open, or
 * refuse reads as damaged; the end of its log may be lost, so that it wakes up in an older state of its own, which is
 * counted. What a checksum seeded by the page's number notices, which is all damage but whole older pages in their
 * own place, changes nothing else: every state is the one behind some prefix of the writes. A B-tree writes its pages
 * in place: an older version of one that the disk gives back (a lost or misdirected write, a stale read, a sync that
 * never happened) is valid in itself, and nothing says that it is not the last one (it takes checksums in the parents
 * to know, as in ZFS). In runs with such a lie every value is still one that was written to its key, whole, by a
 * write that was not refused, and iterators still give keys in order. What it does not: whether damage could have
 * been noticed earlier, and whether `verify` names it.
 */
import type { FaultKind } from "#sim/faults/index.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { StorePromise } from "#sim/check/index.js";
import { drawBtree } from "../btree/engine.js";
import { BTREE_NARRATION } from "../btree/narration.js";
import { LYING_FAULTS, STORE_PARAMETERS, driveOnLyingDisk, STORE_PLAN_VERSION } from "../store/index.js";
import { admitStrikes } from "../wal/harness.js";

/** Lies that give back a whole older version of a page, in its own place. */
const UNNOTICED: readonly FaultKind[] = ["lost-write", "stale-read", "misdirected-write", "lost-fsync"];

export const btreeDisksScenario: Scenario = {
  name: "btree-disks",
  summary: "the same B-tree on a disk that lies: wrong bytes are never served, losses are counted",
  parameters: STORE_PARAMETERS,
  faults: LYING_FAULTS,
  mustReach: [
    "btree/damage-refused",
    "btree/page-repaired",
    "scenario/refused-as-damaged",
    "scenario/writes-lost",
    "wal/damage-refused",
  ],
  coverageSeeds: 1_000,
  strikeEveryCalls: 100,
  admit: admitStrikes,
  narration: BTREE_NARRATION,
  planVersion: STORE_PLAN_VERSION,
  drive: (run) => driveOnLyingDisk(run, "btree-disks", drawBtree, promiseOf(run)),
};

function promiseOf({ world }: Run): () => StorePromise {
  const counts = world.faults.ledger.counts();
  return () => (UNNOTICED.some((kind) => (counts.get(kind)?.injected ?? 0) > 0) ? "written" : "prefix");
}
