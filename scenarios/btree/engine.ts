/** A B-tree with thresholds so tiny that a few hundred operations go through all that it does. */
import { BtreeStore, type BtreeEvent, type BtreeOptions } from "#engines/btree/index.js";
import type { Observation } from "#engines/env/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { StoreEngine } from "../store/index.js";
import { drawPolicy } from "../wal/plan.js";

const KIB = 1024;
const MIN_POOL_PAGES = 16;

/** Draws the options of a run's store, of which a repro may hold others. */
export function drawBtree(run: Run): StoreEngine {
  const policy = drawPolicy(run.choice("policy"), run.workload);
  const options = run.planned("engine", draw(policy, run.workload));
  return {
    directory: options.directory,
    policy: options.policy,
    open: (env) => BtreeStore.open(env, options),
    figureOf,
    figuresOfMarks: FIGURES_OF_MARKS,
    // The oldest, to keep within `snapshotBytes`.
    givesUpStateAt: "btree/snapshot-given-up",
  };
}

function draw(policy: SyncPolicy, stream: Stream): BtreeOptions & { readonly policy: SyncPolicy } {
  const pageBytes = stream.below(8) === 0 ? KIB : 512;
  return {
    directory: "btree",
    policy,
    wal: {
      segmentBytes: stream.between(2, 16) * KIB,
      maxBatchBytes: stream.pick([4 * KIB, 16 * KIB]),
      readChunkBytes: stream.pick([KIB, 8 * KIB]),
    },
    pageBytes,
    poolBytes: (MIN_POOL_PAGES + stream.pick([0, 0, 0, 8])) * pageBytes,
    eviction: stream.pick(["lru", "hot-cool"]),
    checkpointBytes: stream.pick([2, 4, 8]) * KIB,
    snapshotBytes: stream.pick([4 * KIB, 64 * KIB, 64 * KIB, 64 * KIB]),
  };
}

const FIGURES_OF_MARKS: ReadonlyMap<string, string> = new Map([
  ["btree/split", "splits"],
  ["btree/merge", "merges"],
  ["btree/borrow", "borrows"],
  ["btree/tree-grown", "treeGrown"],
  ["btree/tree-shrunk", "treeShrunk"],
  ["btree/page-freed", "pagesFreed"],
  ["btree/page-reused", "pagesReused"],
  ["btree/dirty-page-evicted", "dirtyEvictions"],
  ["btree/full-page-image", "pageImages"],
  ["btree/version-read", "versionsRead"],
]);

const FIGURES_OF_EVENTS: ReadonlyMap<BtreeEvent["kind"], string> = new Map([
  ["btree/checkpointed", "checkpoints"],
  ["btree/published", "groups"],
  ["btree/snapshot-given-up", "givenUp"],
]);

function figureOf(event: Observation): string | undefined {
  return FIGURES_OF_EVENTS.get((event as BtreeEvent).kind);
}
