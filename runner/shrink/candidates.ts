/** Repros that are smaller than another one. Each function gives them in the order in which they are to be tried. */
import type { FaultKind } from "#sim/faults/index.js";
import type { Repro } from "../repro/index.js";

/** The elements that are left when those from `from` on, below `to`, are taken out. */
function cut<T>(list: readonly T[], from: number, to: number): T[] {
  return [...list.slice(0, from), ...list.slice(to)];
}

/**
 * The list without each of its chunks of so many elements, the last chunk first: what comes late in a run is mostly
 * beside the point. The first cut is the one that ends at `below`; then round the list.
 */
export function* cuts<T>(list: readonly T[], chunk: number, below: number = list.length): Iterable<Cut<T>> {
  const ends: number[] = [];
  for (let end = list.length; end > 0; end -= chunk) ends.push(end);
  const first = Math.max(
    0,
    ends.findIndex((end) => end <= below),
  );
  for (let i = 0; i < ends.length; i++) {
    const to = ends[(first + i) % ends.length]!;
    const from = Math.max(0, to - chunk);
    yield { left: cut(list, from, to), from, to };
  }
}

/** What is left of a list, and what was taken out of it. */
export interface Cut<T> {
  readonly left: T[];
  readonly from: number;
  readonly to: number;
}

export function withFaults(repro: Repro, faults: Repro["faults"]): Repro {
  return { ...repro, faults };
}

export function withPart(repro: Repro, name: string, part: unknown): Repro {
  return { ...repro, plan: { ...repro.plan, [name]: part } };
}

export function withOverride(repro: Repro, key: string, value: number): Repro {
  return { ...repro, overrides: { ...repro.overrides, [key]: value } };
}

/** Without the kinds of which no fault is left, which take effect on nothing but what is looked at. */
export function withLeastSwarm(repro: Repro): Repro {
  const used = new Set(repro.faults.map(({ kind }) => kind));
  const swarm = Object.entries(repro.swarm).filter(([kind]) => used.has(kind as FaultKind));
  return { ...repro, swarm: Object.fromEntries(swarm) };
}

/** Names of the parts of the plan that are lists, the longest first. */
export function listsOf({ plan }: Pick<Repro, "plan">): string[] {
  return Object.keys(plan)
    .filter((name) => Array.isArray(plan[name]))
    .toSorted((a, b) => listOf(plan, b).length - listOf(plan, a).length);
}

export function listOf(plan: Repro["plan"], name: string): readonly unknown[] {
  return plan[name] as readonly unknown[];
}
