import { join } from "node:path";
import { isDiskError } from "#engines/env/index.js";
import { nodeEnv, type NodeEnv } from "#engines/env/node/index.js";
import { Wal, verify, type WalReport } from "#engines/wal/index.js";
import { Run, withDefaults } from "#sim/scenario.js";
import { Streams, type Stream } from "#sim/streams.js";
import { World } from "#sim/world.js";
import { allRecords } from "#scenarios/wal/all-records.js";
import { walScenario } from "#scenarios/wal/index.js";
import { drawPlan, type Plan } from "#scenarios/wal/plan.js";
import { builtModule } from "../built-module.js";
import { nodeHost } from "../host.js";
import { Follower } from "./follower.js";
import { runLife, type KillMoment } from "./life.js";

/** Something that must not be. */
export interface RealFilesFinding {
  /** The oracle's rule, or `verify`, `died`, `not-clean`. */
  readonly rule: string;
  readonly message: string;
}

export interface SeriesOptions {
  readonly seed: number;
  /** An empty directory: the files of the log and the journals go below it. */
  readonly directory: string;
  /** Appends in each plan. */
  readonly operations: number;
  /** See `LifeOrder.engine`. Default: the log itself. */
  readonly engine?: string;
  readonly signal?: AbortSignal;
}

export interface LifeStyle {
  /** Whether its disk operations are recorded. */
  readonly record: boolean;
  /** Whether it may be killed before its log is open. */
  readonly mayDieOpening: boolean;
}

/** What the kills of a series met. */
export interface KillCounts {
  lives: number;
  killedOpening: number;
  /** Kills that left files which recovery removes: a segment that was being made, or removed. */
  leftFiles: number;
  /** Kills that left a part of a batch. */
  leftTorn: number;
}

const REAL_ENGINE = builtModule("real-files/engine").href;
const POLICIES = ["each", "group"] as const;
const LONGEST_DELAY_MS = 4;
/** An open takes some milliseconds: directories and files are synced. */
const LONGEST_OPENING_MS = 8;

/** One process after the other on the same log, each killed, all of them followed by one oracle. */
export class LifeSeries {
  readonly follower: Follower = new Follower();
  readonly kills: KillCounts = { lives: 0, killedOpening: 0, leftFiles: 0, leftTorn: 0 };
  readonly #options: SeriesOptions;
  readonly #stream: Stream;
  #nextKey = 0;
  #plan: Plan | undefined;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#stream = new Streams(options.seed).get("lives");
  }

  /** The plan of the latest life. */
  get plan(): Plan {
    return this.#plan!;
  }

  /** Lets a process live and kills it; looks at the files that it leaves, and at what it noted. */
  async live({ record, mayDieOpening }: LifeStyle): Promise<RealFilesFinding | undefined> {
    const { directory, operations, engine, signal } = this.#options;
    const plan = this.#drawPlan();
    const moment = this.#drawMoment(mayDieOpening);
    const order = {
      root: this.#root,
      journalPath: join(directory, "journal"),
      plan,
      firstKey: this.#nextKey,
      record,
      reachAfter: this.#stream.between(1, operations),
      engine: engine ?? REAL_ENGINE,
    };
    this.#plan = plan;
    this.#nextKey += countRecords(plan);
    this.kills.lives++;
    if (moment.after === "opening") this.kills.killedOpening++;
    const { notes, failure } = await runLife(order, moment, signal);
    if (failure !== undefined) return { rule: "died", message: failure };
    return this.follower.follow(notes) ?? (await this.#verifyKilled());
  }

  /** Opens the log here, holds it against the oracle, closes it, and looks at its files. */
  async finish(): Promise<RealFilesFinding | undefined> {
    return this.#inEnv(async (env) => {
      const { wal: options } = this.plan;
      const wal = await Wal.open(env, options);
      const { lastLsn } = wal;
      const records = await allRecords(wal);
      await wal.close();
      const broken = this.follower.oracle.recovered(records, lastLsn, true);
      if (broken !== undefined) return broken;
      const report = await verify(env, options.directory);
      const isClean = report.lastLsn === lastLsn && report.tornBytes === 0 && report.leftovers.length === 0;
      if (isClean && report.foreign.length === 0) return problemIn(report);
      return { rule: "not-clean", message: `after it was closed: ${JSON.stringify(report)}` };
    });
  }

  get #root(): string {
    return join(this.#options.directory, "root");
  }

  #drawPlan(): Plan {
    const seed = this.#stream.uint32();
    const world = new World({ seed, host: nodeHost(), swarm: new Map() });
    const policy = this.#stream.pick(POLICIES);
    const run = new Run(world, withDefaults(walScenario, new Map([["policy", policy]])));
    return drawPlan(run, this.#options.operations);
  }

  #drawMoment(mayDieOpening: boolean): KillMoment {
    const diesOpening = this.#stream.below(4) === 0 && mayDieOpening;
    return diesOpening
      ? { after: "opening", delayMs: this.#stream.below(LONGEST_OPENING_MS) }
      : { after: "reached", delayMs: this.#stream.below(LONGEST_DELAY_MS) };
  }

  /** Before anything is repaired. */
  async #verifyKilled(): Promise<RealFilesFinding | undefined> {
    return this.#inEnv(async (env) => {
      try {
        const report = await verify(env, this.plan.wal.directory);
        if (report.leftovers.length > 0) this.kills.leftFiles++;
        if (report.tornBytes > 0) this.kills.leftTorn++;
        return problemIn(report);
      } catch (error) {
        // Killed before the log had a directory.
        if (isDiskError(error, "ENOENT")) return undefined;
        throw error;
      }
    });
  }

  async #inEnv<T>(work: (env: NodeEnv) => Promise<T>): Promise<T> {
    const env = await nodeEnv({ node: "n1", root: this.#root });
    try {
      return await work(env);
    } finally {
      await env.close();
    }
  }
}

function problemIn(report: WalReport): RealFilesFinding | undefined {
  const problem = report.problems[0];
  return problem === undefined ? undefined : { rule: "verify", message: problem.message };
}

function countRecords({ bursts }: Plan): number {
  let records = 0;
  for (const { appends } of bursts) {
    for (const append of appends.flat()) records += append.records.length;
  }
  return records;
}
