/**
 * Clocks that are wrong. Each machine has a rate (drift) and an offset of its wall clock (skew), which may step
 * while it runs. The monotonic clock drifts, but never steps.
 */
import { assertDurationUs, type Clock, type Timer } from "#engines/env/index.js";
import { never, type Caller } from "./caller.js";
import { eventKind } from "./events.js";
import type { Fault, Faults, FaultTarget } from "./faults/index.js";

/** How wrong clocks may get. */
export interface ClockBounds {
  /** Largest offset of a wall clock either way. */
  readonly skewUs: number;
  /** Largest error of a clock's rate either way, in parts per million. */
  readonly driftPpm: number;
  /** Largest step of a wall clock either way. */
  readonly stepUs: number;
}

/** What the clocks of a machine show, and how wrong they are. */
export interface ClockInspection {
  readonly monotonicUs: number;
  /** Since 1970. */
  readonly wallUs: number;
  /** Offset of the wall clock, steps included. */
  readonly skewUs: number;
  readonly driftPpm: number;
}

/** What NTP keeps to on a bad day, and a crystal in a hot rack. */
export const DEFAULT_CLOCK_BOUNDS: ClockBounds = { skewUs: 500_000, driftPpm: 500, stepUs: 2_000_000 };

/** Where wall clocks begin: 2024-01-01T00:00:00Z. */
const EPOCH_US = 1_704_067_200_000_000;
const PPM = 1_000_000;

const TIMER = eventKind("clock/timer");
const SLEEP = eventKind("clock/sleep");

/** The clock of one machine. */
export class NodeClock {
  readonly #faults: Faults;
  readonly #node: FaultTarget;
  readonly #bounds: ClockBounds;
  readonly #skew: Fault | undefined;
  readonly #drift: Fault | undefined;
  #step: Fault | undefined;
  #skewUs = 0;
  #driftPpm = 0;
  #wallReads = 0;

  constructor(faults: Faults, node: FaultTarget, bounds: ClockBounds) {
    this.#faults = faults;
    this.#node = node;
    this.#bounds = bounds;
    this.#skew = faults.strike("clock-skew", node, 0, 0, 0, () => "wall clock");
    if (this.#skew !== undefined) {
      this.#skewUs = either(bounds.skewUs, faults.detail(2 * bounds.skewUs + 1, "clock-skew", node, 0, 0, 0));
    }
    this.#drift = faults.strike("clock-drift", node, 0, 0, 0, () => "clock rate");
    if (this.#drift !== undefined) {
      this.#driftPpm = either(
        bounds.driftPpm,
        faults.detail(2 * bounds.driftPpm + 1, "clock-drift", node, 0, 0, 0),
      );
    }
  }

  /** The monotonic reading at this simulated time. */
  monotonicUs(atUs: number): number {
    if (this.#driftPpm === 0) return atUs;
    const localUs = this.#local(atUs);
    this.#drift?.reached();
    if (localUs !== atUs) this.#drift?.changed();
    return localUs;
  }

  /** The wall-clock reading at this simulated time. */
  wallUs(atUs: number): number {
    this.#strikeStep();
    if (this.#skewUs !== 0) this.#skew?.changed();
    return EPOCH_US + this.monotonicUs(atUs) + this.#skewUs;
  }

  /** The least simulated duration in which at least `durationUs` pass on this clock. */
  simulatedUs(durationUs: number): number {
    if (this.#driftPpm === 0) return durationUs;
    this.#drift?.changed();
    let simulatedUs = Math.trunc(
      durationUs - Math.trunc((durationUs * this.#driftPpm) / (PPM + this.#driftPpm)),
    );
    while (this.#local(simulatedUs) < durationUs + 1) simulatedUs++;
    return simulatedUs;
  }

  /** What the clocks would show at this simulated time. For people: unlike a reading it strikes and notes nothing. */
  inspect(atUs: number): ClockInspection {
    const monotonicUs = this.#local(atUs);
    const skewUs = this.#skewUs;
    return { monotonicUs, wallUs: EPOCH_US + monotonicUs + skewUs, skewUs, driftPpm: this.#driftPpm };
  }

  #local(atUs: number): number {
    const seconds = Math.trunc(atUs / PPM);
    return atUs + seconds * this.#driftPpm + Math.trunc(((atUs - seconds * PPM) * this.#driftPpm) / PPM);
  }

  #strikeStep(): void {
    const read = this.#wallReads++;
    const fault = this.#faults.strike(
      "clock-step",
      this.#node,
      read,
      0,
      0,
      () => `wall clock, reading ${read}`,
    );
    if (fault === undefined) return;
    const { stepUs } = this.#bounds;
    this.#skewUs += either(stepUs, this.#faults.detail(2 * stepUs + 1, "clock-step", this.#node, read, 0, 0));
    this.#step = fault;
    this.#step.changed();
  }
}

/** An integer in [-bound, bound], never 0, from one in [0, 2 bound]. */
function either(bound: number, drawn: number): number {
  const value = drawn - bound;
  return value === 0 ? bound : value;
}

/** The clock as one incarnation sees it. */
export class EnvClock implements Clock {
  readonly #caller: Caller;
  readonly #clock: NodeClock;

  constructor(caller: Caller, clock: NodeClock) {
    this.#caller = caller;
    this.#clock = clock;
  }

  nowUs(): number {
    this.#caller.enter();
    return this.#clock.monotonicUs(this.#caller.nowUs());
  }

  wallUs(): number {
    this.#caller.enter();
    return this.#clock.wallUs(this.#caller.nowUs());
  }

  sleep(durationUs: number): Promise<void> {
    assertDurationUs(durationUs);
    if (!this.#caller.tryEnter()) return never();
    return this.#caller.later(this.#clock.simulatedUs(durationUs), SLEEP, 0, () => {});
  }

  setTimer(durationUs: number, callback: () => void): Timer {
    assertDurationUs(durationUs);
    this.#caller.enter();
    return this.#caller.after(this.#clock.simulatedUs(durationUs), TIMER, callback);
  }
}
