/** What the rounds of kills and the images of power losses need of the thing that is killed. */
import type { RecordedRun } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import type { Stream } from "#sim/streams.js";
import type { World } from "#sim/world.js";
import { nodeEnv, type NodeEnv } from "#engines/env/node/index.js";
import type { KillMoment } from "./life.js";

/** Something that must not be. */
export interface RealFilesFinding {
  /** The oracle's rule, or `verify`, `died`, `not-clean`. */
  readonly rule: string;
  readonly message: string;
}

export interface SeriesOptions {
  readonly seed: number;
  /** An empty directory: the files of the engine and the journals go below it. */
  readonly directory: string;
  /** Operations in each plan. */
  readonly operations: number;
  /** The URL of the module that opens the engine. Default: the engine itself. */
  readonly engine?: string;
  readonly signal?: AbortSignal;
}

export interface LifeStyle {
  /** Whether its disk operations are recorded. */
  readonly record: boolean;
  /** Whether it may be killed before the engine is open. */
  readonly mayDieOpening: boolean;
}

export interface KillCounts {
  lives: number;
  killedOpening: number;
}

/** One process after the other on the same files, each killed, all of them followed by one oracle. */
export interface Series {
  readonly kills: KillCounts;
  /** What the processes did, in figures and in words. */
  readonly counts: Readonly<Record<string, number>>;
  readonly words: readonly string[];
  /** What the latest process did to its disk, where that was recorded. */
  readonly recorded: RecordedRun;
  /** Lets a process live and kills it; looks at the files that it leaves, and at what it noted. */
  live(style: LifeStyle): Promise<RealFilesFinding | undefined>;
  /** Opens the engine here, holds it against the oracle, closes it, and looks at its files. */
  finish(): Promise<RealFilesFinding | undefined>;
  /** Opens what is on the disk of a node, and holds it against what was promised up to `position`. */
  recover(world: World, position: number): Program;
}

export type MakeSeries = (options: SeriesOptions) => Series;

const LONGEST_DELAY_MS = 4;
/** An open takes some milliseconds: directories and files are synced. */
const LONGEST_OPENING_MS = 8;

/** When to kill a life of this style. */
export function drawMoment(stream: Stream, mayDieOpening: boolean): KillMoment {
  const diesOpening = stream.below(4) === 0 && mayDieOpening;
  return diesOpening
    ? { after: "opening", delayMs: stream.below(LONGEST_OPENING_MS) }
    : { after: "reached", delayMs: stream.below(LONGEST_DELAY_MS) };
}

/** Works on the files that processes left below `root`. */
export async function inEnv<T>(root: string, work: (env: NodeEnv) => Promise<T>): Promise<T> {
  const env = await nodeEnv({ node: "n1", root });
  try {
    return await work(env);
  } finally {
    await env.close();
  }
}
