/** A B-tree with thresholds so tiny that a few hundred operations go through all that it does. */
import { BtreeStore, type BtreeEvent, type BtreeOptions } from "#engines/btree/index.js";
import type { Observation } from "#engines/env/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { StoreEngine } from "../store/engine.js";
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
    mayGiveUpSnapshots: true,
  };
}

function draw(policy: SyncPolicy, stream: Stream): BtreeOptions & { readonly policy: SyncPolicy } {
  const pageBytes = stream.pick([512, 512, 512, 1024]);
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
  ["btree/tree-grown", "treeGrown"],
  ["btree/tree-shrunk", "treeShrunk"],
  ["btree/page-freed", "pagesFreed"],
  ["btree/page-reused", "pagesReused"],
  ["btree/dirty-page-evicted", "dirtyEvictions"],
  ["btree/full-page-image", "pageImages"],
  ["btree/version-read", "versionsRead"],
]);

function figureOf(event: Observation): string | undefined {
  switch ((event as BtreeEvent).kind) {
    case "btree/checkpointed":
      return "checkpoints";
    case "btree/published":
      return "groups";
    case "btree/snapshot-given-up":
      return "givenUp";
    default:
      return undefined;
  }
}
