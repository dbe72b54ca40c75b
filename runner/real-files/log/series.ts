import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, isDiskError } from "#engines/env/index.js";
import { Wal, verify, type WalReport } from "#engines/wal/index.js";
import { plural, thousands } from "#reports/format.js";
import type { RecordedRun } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import { Run, withDefaults } from "#sim/scenario.js";
import { Streams, type Stream } from "#sim/streams.js";
import { World } from "#sim/world.js";
import { allRecords } from "#scenarios/wal/all-records.js";
import { recoverAndCheck } from "#scenarios/wal/explore.js";
import { walScenario } from "#scenarios/wal/index.js";
import { drawPlan, type Plan } from "#scenarios/wal/plan.js";
import { builtModule } from "../../built-module.js";
import { nodeHost } from "../../host.js";
import { runLife } from "../life.js";
import {
  drawMoment,
  inEnv,
  type KillCounts,
  type LifeStyle,
  type MakeSeries,
  type RealFilesFinding,
  type Series,
  type SeriesOptions,
} from "../series.js";
import { recoveries } from "../words.js";
import { Follower } from "./follower.js";
import type { Note } from "./protocol.js";

const REAL_ENGINE = builtModule("real-files/log/engine").href;
const CHILD = fileURLToPath(builtModule("real-files/log/child"));
const POLICIES = ["each", "group"] as const;

export const logSeries: MakeSeries = (options) => new LogSeries(options);

/** On the log. */
class LogSeries implements Series {
  readonly #follower: Follower = new Follower();
  readonly kills: KillCounts = { lives: 0, killedOpening: 0 };
  /** Kills that left files which recovery removes: a segment that was being made, or removed. */
  #leftFiles = 0;
  /** Kills that left a part of a batch. */
  #leftTorn = 0;
  readonly #options: SeriesOptions;
  readonly #stream: Stream;
  #nextKey = 0;
  #plan: Plan | undefined;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#stream = new Streams(options.seed).get("lives");
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#follower.counts, leftFiles: this.#leftFiles, leftTorn: this.#leftTorn };
  }

  get words(): readonly string[] {
    const { counts } = this.#follower;
    return [
      `${thousands(counts.appends)} appends, ${thousands(counts.acknowledged)} acknowledged`,
      `${recoveries(counts.recoveries)} of ${plural(counts.recovered, "record")} (${thousands(counts.recoveredUnanswered)} never answered)`,
      `${thousands(counts.suffixesCut)} suffixes cut, ${thousands(counts.prefixesDropped)} prefixes dropped`,
      `kills that left files of a step ${thousands(this.#leftFiles)}, a torn batch ${thousands(this.#leftTorn)}`,
    ];
  }

  get recorded(): RecordedRun {
    return this.#follower.recorded;
  }

  recover(world: World, position: number): Program {
    return recoverAndCheck(world, this.#planned, this.#follower.oracle.replay(position));
  }

  async live({ record, mayDieOpening }: LifeStyle): Promise<RealFilesFinding | undefined> {
    const { directory, operations, engine, signal } = this.#options;
    const plan = this.#drawPlan();
    const moment = drawMoment(this.#stream, mayDieOpening);
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
    const { notes, failure } = await runLife<Note>(CHILD, order, moment, signal);
    if (failure !== undefined) return { rule: "died", message: failure };
    return this.#follower.follow(notes) ?? (await this.#verifyKilled());
  }

  async finish(): Promise<RealFilesFinding | undefined> {
    return inEnv(this.#root, async (env) => {
      const { wal: options } = this.#planned;
      const wal = await Wal.open(env, options);
      const { lastLsn } = wal;
      const records = await allRecords(wal);
      await wal.close();
      const broken = this.#follower.oracle.recovered(records, lastLsn, true);
      if (broken !== undefined) return broken;
      const report = await verify(env, options.directory);
      const isClean = report.lastLsn === lastLsn && report.tornBytes === 0 && report.leftovers.length === 0;
      if (isClean && report.foreign.length === 0) return problemIn(report);
      return { rule: "not-clean", message: `after it was closed: ${JSON.stringify(report)}` };
    });
  }

  /** The plan of the latest life. */
  get #planned(): Plan {
    assert(this.#plan !== undefined, "there was a life");
    return this.#plan;
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

  /** Before anything is repaired. */
  async #verifyKilled(): Promise<RealFilesFinding | undefined> {
    return inEnv(this.#root, async (env) => {
      try {
        const report = await verify(env, this.#planned.wal.directory);
        if (report.leftovers.length > 0) this.#leftFiles++;
        if (report.tornBytes > 0) this.#leftTorn++;
        return problemIn(report);
      } catch (error) {
        // Killed before the log had a directory.
        if (isDiskError(error, "ENOENT")) return undefined;
        throw error;
      }
    });
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
