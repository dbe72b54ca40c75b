/**
 * Swarm testing (Groce et al., ISSTA 2012): each seed switches a random subset of the fault kinds on, at a
 * random intensity, because some bugs show only where other faults stay away.
 */
import { assert } from "#engines/env/index.js";
import type { Stream } from "../streams.js";
import type { FaultKind } from "./kinds.js";

/**
 * How often a kind may strike, in parts per million of its opportunities (a sync, a write, a page at a power
 * loss, an incarnation: whatever the place that asks counts).
 */
export interface Intensity {
  readonly minPpm: number;
  readonly maxPpm: number;
  /** On in every seed: without it there would be no storm. */
  readonly always?: true;
}

/** The kinds that a scenario admits and their range of intensity. */
export type FaultMenu = Partial<Record<FaultKind, Intensity>>;

/** The kinds of one run and the intensity of each, in ppm. A kind that is missing is off. */
export type SwarmConfig = ReadonlyMap<FaultKind, number>;

/** `--faults +kind,-kind`: on or off whatever the swarm draws. */
export type FaultSwitches = ReadonlyMap<FaultKind, boolean>;

/**
 * Draws the configuration of one run. Each kind of the menu is on for half of the seeds (or always), at an intensity
 * drawn uniformly over the doublings between its bounds. Every kind draws the same amount of randomness
 * whether on or off, so that a switch changes no other kind.
 */
export function drawSwarm(menu: FaultMenu, switches: FaultSwitches, stream: Stream): SwarmConfig {
  const config = new Map<FaultKind, number>();
  for (const [kind, intensity] of Object.entries(menu) as [FaultKind, Intensity][]) {
    assert(
      intensity.minPpm >= 1 && intensity.minPpm <= intensity.maxPpm,
      "an intensity is a range from 1 ppm",
    );
    const on = stream.below(2) === 1 || intensity.always === true;
    const ppm = drawIntensity(intensity, stream);
    if (switches.get(kind) ?? on) config.set(kind, ppm);
  }
  return config;
}

function drawIntensity(intensity: Intensity, stream: Stream): number {
  let doublings = 0;
  for (let ppm = intensity.minPpm; ppm * 2 <= intensity.maxPpm; ppm *= 2) doublings++;
  const floor = intensity.minPpm * (1 << stream.below(doublings + 1));
  return Math.min(floor + stream.below(floor), intensity.maxPpm);
}
