/**
 * What the policy `interval` promises beyond a prefix: what was acknowledged longer ago than the interval and
 * the duration of a sync is durable. Judged only in runs where nothing makes time or the disk slow.
 */
import type { FaultKind } from "#sim/faults/index.js";
import type { World } from "#sim/world.js";

/** Far above the slowest sync of a disk that nothing slows down. */
const SYNC_ALLOWANCE_US = 20_000;

const SLOW: readonly FaultKind[] = ["slow-disk", "disk-stall", "pause"];

export class IntervalPromise {
  readonly #world: World;
  readonly #intervalUs: number;
  readonly #isJudged: boolean;
  /** In the order of time. */
  #acknowledged: { readonly lsn: number; readonly timeUs: number }[] = [];

  constructor(world: World, intervalUs: number) {
    this.#world = world;
    this.#intervalUs = intervalUs;
    this.#isJudged = !SLOW.some((kind) => world.faults.swarm.has(kind));
  }

  acknowledged(lsn: number): void {
    if (this.#isJudged) this.#acknowledged.push({ lsn, timeUs: this.#world.nowUs });
  }

  cut(lsn: number): void {
    this.#acknowledged = this.#acknowledged.filter((each) => each.lsn <= lsn);
  }

  /** The process ends now: up to this LSN it has promised durability. Starts afresh. */
  promisedLsn(): number {
    const untilUs = this.#world.nowUs - this.#intervalUs - SYNC_ALLOWANCE_US;
    let promisedLsn = 0;
    for (const { lsn, timeUs } of this.#acknowledged)
      if (timeUs <= untilUs) promisedLsn = Math.max(promisedLsn, lsn);
    if (promisedLsn > 0) this.#world.reached("scenario/interval-promise-judged");
    this.#acknowledged = [];
    return promisedLsn;
  }
}
