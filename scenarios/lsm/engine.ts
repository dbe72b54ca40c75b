/** An LSM tree with thresholds so tiny that a few hundred operations go through all that it does. */
import type { Observation } from "#engines/env/index.js";
import { LsmStore, type LsmEvent, type LsmOptions } from "#engines/lsm/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { StoreEngine } from "../store/index.js";
import { drawPolicy } from "../wal/plan.js";

const KIB = 1024;

/** Draws the options of a run's store, of which a repro may hold others. */
export function drawLsm(run: Run): StoreEngine {
  const policy = drawPolicy(run.choice("policy"), run.workload);
  const options = run.planned("engine", draw(policy, run.workload));
  return {
    directory: options.directory,
    policy: options.policy,
    open: (env) => LsmStore.open(env, options),
    figureOf,
    figuresOfMarks: FIGURES_OF_MARKS,
    givesUpStateAt: undefined,
  };
}

function draw(policy: SyncPolicy, stream: Stream): LsmOptions & { readonly policy: SyncPolicy } {
  const level0Files = stream.between(2, 4);
  const slowdownFiles = level0Files + stream.below(3);
  return {
    directory: "lsm",
    policy,
    wal: {
      segmentBytes: stream.between(1, 8) * KIB,
      maxBatchBytes: stream.pick([256, 4 * KIB]),
      readChunkBytes: stream.pick([KIB, 8 * KIB]),
    },
    memtableBytes: stream.pick([512, 768, KIB]),
    maxImmutables: stream.between(1, 3),
    table: {
      blockBytes: stream.pick([128, 512, KIB]),
      restartInterval: stream.pick([1, 2, 16]),
      bloomBitsPerKey: stream.pick([0, 2, 10]),
    },
    blockCacheBytes: stream.pick([0, 2, 16, 16, 64, 64, 64, 64]) * KIB,
    level0Files,
    slowdownFiles,
    stopFiles: slowdownFiles + stream.below(4),
    level1Bytes: stream.pick([256, 512, KIB]),
    levelFactor: stream.between(2, 3),
    tableBytes: stream.pick([1, 2, 8]) * KIB,
    strategy: stream.below(4) === 0 ? "size-tiered" : "leveled",
    maxLevels: stream.between(3, 7),
  };
}

const FIGURES_OF_MARKS: ReadonlyMap<string, string> = new Map([
  ["lsm/dropped-tombstone", "tombstonesDropped"],
  ["lsm/snapshot-kept-version", "versionsKept"],
]);

const FIGURES_OF_EVENTS: ReadonlyMap<LsmEvent["kind"], string> = new Map([
  ["lsm/flushed", "flushes"],
  ["lsm/compacted", "compactions"],
  ["lsm/moved", "moves"],
  ["lsm/stalled", "stalls"],
  ["lsm/table-removed", "tablesRemoved"],
]);

function figureOf(event: Observation): string | undefined {
  const lsmEvent = event as LsmEvent;
  if (lsmEvent.kind === "lsm/compacted" && lsmEvent.outputLevel > 1) return "deepCompactions";
  return FIGURES_OF_EVENTS.get(lsmEvent.kind);
}
