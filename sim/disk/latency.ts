/** How long an operation takes: the disk's profile, a slow operation, a disk that stands still. */
import type { Caller } from "../caller.js";
import { site, type Decisions, type Site } from "../decisions.js";
import type { DiskCore } from "./core.js";
import type { Cost } from "./profile.js";

const LATENCY: Site = site("disk/latency");
const SLOWEST_FACTOR = 50;
/** From here on an operation counts as much slower than it should be. */
const SLOW_FACTOR = 10;
const STALL_MIN_US = 100_000;
const STALL_SPREAD_US = 4_900_000;

export class Latency {
  readonly #core: DiskCore;
  readonly #caller: Caller;
  readonly #decisions: Decisions;

  constructor(core: DiskCore, caller: Caller, decisions: Decisions) {
    this.#core = core;
    this.#caller = caller;
    this.#decisions = decisions;
  }

  /** Of the operation with this identity: of what (a file or name), and its number there. */
  draw(cost: Cost, id: number, number: number): number {
    const { node, incarnation } = this.#caller;
    const drawn = this.#decisions.exponential(cost.meanUs, LATENCY, node.index, incarnation, id, number);
    const usualUs = Math.max(cost.minUs, drawn);
    return this.#slowed(usualUs, id, number) + this.#stalled(id, number);
  }

  #slowed(usualUs: number, id: number, number: number): number {
    const { faults, incarnation } = this.#core;
    const fault = faults.strike("slow-disk", id, incarnation, number, () => `operation ${number}`);
    if (fault === undefined) return usualUs;
    const factor = 2 + faults.detail(SLOWEST_FACTOR - 1, "slow-disk", id, incarnation, number);
    fault.reached();
    if (factor >= SLOW_FACTOR) fault.changed();
    return usualUs * factor;
  }

  /** How long the disk still stands still. An operation that was under way before is not held up. */
  #stalled(id: number, number: number): number {
    const core = this.#core;
    const { faults, incarnation } = core;
    const nowUs = this.#caller.nowUs();
    if (core.stall === undefined || core.stall.untilUs <= nowUs) {
      const fault = faults.strike("disk-stall", id, incarnation, number, () => `operation ${number}`);
      if (fault === undefined) return 0;
      const lengthUs = STALL_MIN_US + faults.detail(STALL_SPREAD_US, "disk-stall", id, incarnation, number);
      core.stall = { fault, untilUs: nowUs + lengthUs };
    }
    const { fault, untilUs } = core.stall;
    fault.reached();
    if (untilUs - nowUs >= STALL_MIN_US) fault.changed();
    return untilUs - nowUs;
  }
}
