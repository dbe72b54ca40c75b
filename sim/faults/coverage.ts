/**
 * Coverage of a batch: a green batch in which an enabled fault never changed anything, or a rare path was
 * never taken, proves nothing about them and is called vacuous.
 */
import { ALL_FAULT_KINDS, type FaultKind } from "./kinds.js";
import type { FaultCounts, FaultState } from "./ledger.js";

/** The states of the ledger, in the order in which a fault passes through them. */
export const FAULT_STATES: readonly FaultState[] = ["planned", "refused", "injected", "reached", "changed"];

/** What a batch saw. Plain data, so that shards can be merged. */
export interface Coverage {
  seeds: number;
  /** In how many seeds each kind was switched on. */
  readonly enabled: Partial<Record<FaultKind, number>>;
  readonly faults: Partial<Record<FaultKind, FaultCounts>>;
  readonly marks: Record<string, number>;
}

/** What one seed saw. */
export interface SeedCoverage {
  readonly enabled: readonly FaultKind[];
  readonly faults: Readonly<Partial<Record<FaultKind, FaultCounts>>>;
  readonly marks: Readonly<Record<string, number>>;
}

export function emptyCoverage(): Coverage {
  return { seeds: 0, enabled: {}, faults: {}, marks: {} };
}

/** Adds one seed to the batch. */
export function addSeed(coverage: Coverage, seed: SeedCoverage): void {
  coverage.seeds++;
  for (const kind of seed.enabled) coverage.enabled[kind] = (coverage.enabled[kind] ?? 0) + 1;
  addFaultsAndMarks(coverage, seed);
}

/** Adds what another part of the same batch saw. */
export function joinCoverage(coverage: Coverage, part: Coverage): void {
  coverage.seeds += part.seeds;
  for (const kind of ALL_FAULT_KINDS) {
    const seeds = part.enabled[kind];
    if (seeds !== undefined) coverage.enabled[kind] = (coverage.enabled[kind] ?? 0) + seeds;
  }
  addFaultsAndMarks(coverage, part);
}

function addFaultsAndMarks(coverage: Coverage, part: Pick<SeedCoverage, "faults" | "marks">): void {
  for (const kind of ALL_FAULT_KINDS) {
    const counts = part.faults[kind];
    if (counts === undefined) continue;
    const sum = (coverage.faults[kind] ??= { planned: 0, refused: 0, injected: 0, reached: 0, changed: 0 });
    for (const state of FAULT_STATES) sum[state] += counts[state];
  }
  for (const [mark, times] of Object.entries(part.marks)) {
    coverage.marks[mark] = (coverage.marks[mark] ?? 0) + times;
  }
}

/** Why the batch proves less than it claims, a line each; none where it is covered. */
export function vacuities(coverage: Coverage, mustReach: readonly string[]): string[] {
  const lines: string[] = [];
  for (const kind of ALL_FAULT_KINDS) {
    if (coverage.enabled[kind] === undefined) continue;
    const counts = coverage.faults[kind];
    if (counts !== undefined && counts.changed > 0) continue;
    const injected = counts?.injected ?? 0;
    lines.push(
      `fault ${kind} was enabled in ${coverage.enabled[kind]} seeds and injected ${injected} times, but changed nothing`,
    );
  }
  for (const mark of mustReach) {
    if (coverage.marks[mark] === undefined) lines.push(`mark ${mark} was never reached`);
  }
  return lines;
}
