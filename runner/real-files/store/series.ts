import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "#engines/env/index.js";
import { plural, thousands } from "#reports/format.js";
import type { RecordedRun } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import { Streams, type Stream } from "#sim/streams.js";
import type { World } from "#sim/world.js";
import { builtModule } from "../../built-module.js";
import {
  loadStore,
  storeModule,
  type OpenStore,
  type StoreName,
  type StoreSettings,
} from "../../stores/index.js";
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
import { StoreFollower } from "./follower.js";
import { countValues, countWrites, drawPlan } from "./plan.js";
import type { StoreNote } from "./protocol.js";
import { lookAt, openAndLook } from "./recover.js";

const CHILD = fileURLToPath(builtModule("real-files/store/child"));
const DIRECTORY = "store";
const POLICIES = ["each", "group"] as const;
const TINY_BYTES = [512, 1_024, 2_048] as const;

/** Of an engine. */
export function storeSeries(name: StoreName): MakeSeries {
  return (options) => new StoreSeries(options, options.engine ?? storeModule(name));
}

/** On a store, with thresholds so small that all of its machinery is at work when the kill comes. */
class StoreSeries implements Series {
  readonly kills: KillCounts = { lives: 0, killedOpening: 0 };
  readonly #follower: StoreFollower = new StoreFollower();
  readonly #options: SeriesOptions;
  readonly #engine: string;
  readonly #stream: Stream;
  readonly #tinyBytes: number;
  #nextValue = 0;
  #settings: StoreSettings | undefined;
  #open: OpenStore | undefined;

  constructor(options: SeriesOptions, engine: string) {
    this.#options = options;
    this.#engine = engine;
    this.#stream = new Streams(options.seed).get("lives");
    this.#tinyBytes = this.#stream.pick(TINY_BYTES);
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#follower.counts };
  }

  get words(): readonly string[] {
    const { counts } = this.#follower;
    return [
      `${thousands(counts.writes)} writes, ${thousands(counts.acknowledged)} acknowledged, ${plural(counts.reads, "read")}`,
      `${recoveries(counts.recoveries)} of ${thousands(counts.recovered)} entries (${plural(counts.recoveredUnanswered, "write")} never answered)`,
    ];
  }

  get recorded(): RecordedRun {
    return this.#follower.recorded;
  }

  async live({ record, mayDieOpening }: LifeStyle): Promise<RealFilesFinding | undefined> {
    const { directory, operations, signal } = this.#options;
    // Inside a world nothing can be waited for that is not of it.
    if (record) await this.#engineModule();
    const plan = drawPlan(this.#stream, operations, this.#nextValue);
    const moment = drawMoment(this.#stream, mayDieOpening);
    const settings = this.#drawSettings();
    const order = {
      root: this.#root,
      journalPath: join(directory, "journal"),
      settings,
      plan,
      record,
      reachAfter: this.#stream.between(1, Math.max(1, countWrites(plan))),
      engine: this.#engine,
    };
    this.#nextValue += countValues(plan);
    this.kills.lives++;
    if (moment.after === "opening") this.kills.killedOpening++;
    const { notes, failure } = await runLife<StoreNote>(CHILD, order, moment, signal);
    if (failure !== undefined) return { rule: "died", message: failure };
    return this.#follower.follow(notes);
  }

  async finish(): Promise<RealFilesFinding | undefined> {
    const open = await this.#engineModule();
    return inEnv(this.#root, async (env) => {
      const { store, recovered } = await openAndLook(open, env, this.#lastSettings);
      const finding = this.#follower.recovered(recovered, true);
      await store.close();
      if (finding !== undefined) return finding;
      const again = await openAndLook(open, env, this.#lastSettings);
      await again.store.close();
      return this.#follower.recovered(again.recovered, true);
    });
  }

  recover(world: World, position: number): Program {
    // One for both recoveries of an image: what the first one shows is there for the second.
    const follower = this.#follower.replay(position);
    const open = this.#open;
    assert(open !== undefined, "the engine of a life that is recorded is loaded");
    return async (env) => {
      let finding: RealFilesFinding | undefined;
      try {
        const store = await open(env, this.#lastSettings);
        finding = follower.recovered(await lookAt(store), false);
      } catch (error) {
        finding = { rule: "does-not-open", message: error instanceof Error ? error.message : String(error) };
      }
      if (finding !== undefined) world.fail(`store/${finding.rule}`, finding.message);
    };
  }

  get #root(): string {
    return join(this.#options.directory, "root");
  }

  /** Of the latest life. */
  get #lastSettings(): StoreSettings {
    assert(this.#settings !== undefined, "there was a life");
    return this.#settings;
  }

  #drawSettings(): StoreSettings {
    const policy = { kind: this.#stream.pick(POLICIES) };
    this.#settings = { directory: DIRECTORY, policy, tinyBytes: this.#tinyBytes };
    return this.#settings;
  }

  async #engineModule(): Promise<OpenStore> {
    this.#open ??= await loadStore(this.#engine);
    return this.#open;
  }
}
