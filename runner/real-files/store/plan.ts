/** What the clients of a store do, drawn beforehand. Plain data: it goes through a pipe. */
import type { Stream } from "#sim/streams.js";

/** A key of the plan is a number; no value: it is deleted. */
export interface PlannedChange {
  readonly key: number;
  readonly value?: { readonly id: number; readonly sizeBytes: number };
}

export type PlannedStep =
  | { readonly kind: "write"; readonly changes: readonly PlannedChange[] }
  | { readonly kind: "get"; readonly key: number }
  /** Of keys in [from, to], at most so many entries. */
  | {
      readonly kind: "scan";
      readonly from: number;
      readonly to: number;
      readonly most: number;
      readonly reverse: boolean;
    };

export interface Burst {
  /** What each client does, one step after the other. */
  readonly clients: readonly (readonly PlannedStep[])[];
  /** Whether the store is flushed behind it. */
  readonly flush: boolean;
}

export interface StorePlan {
  readonly bursts: readonly Burst[];
}

/** So few that they are overwritten and deleted, so many that a tree of small pages has levels. */
const KEYS = 250;
const MOST_CLIENTS = 8;
const MOST_CHANGES = 6;
const STEPS_PER_BURST = 40;
/** Beyond what a page of a small store holds. */
const LARGE_BYTES = 3_000;

/** `operations`: steps in all. `firstValue`: the id of the first value; those after it follow. */
export function drawPlan(stream: Stream, operations: number, firstValue: number): StorePlan {
  const bursts: Burst[] = [];
  let nextValue = firstValue;
  const change = (): PlannedChange => {
    const key = stream.below(KEYS);
    if (stream.below(3) === 0) return { key };
    const sizeBytes = stream.below(20) === 0 ? stream.between(100, LARGE_BYTES) : stream.between(8, 100);
    return { key, value: { id: nextValue++, sizeBytes } };
  };
  const step = (): PlannedStep => {
    const kind = stream.below(10);
    if (kind === 0) return { kind: "get", key: stream.below(KEYS) };
    if (kind === 1) return drawScan(stream);
    const count = stream.below(3) === 0 ? stream.between(2, MOST_CHANGES) : 1;
    return { kind: "write", changes: Array.from({ length: count }, change) };
  };
  for (let left = operations; left > 0;) {
    const clients: PlannedStep[][] = Array.from({ length: stream.between(1, MOST_CLIENTS) }, () => []);
    const steps = Math.min(left, stream.between(1, STEPS_PER_BURST));
    for (let i = 0; i < steps; i++) clients[i % clients.length]!.push(step());
    left -= steps;
    bursts.push({ clients, flush: stream.below(6) === 0 });
  }
  return { bursts };
}

/** How many values it puts. */
export function countValues({ bursts }: StorePlan): number {
  let values = 0;
  for (const step of bursts.flatMap(({ clients }) => clients.flat())) {
    if (step.kind === "write") values += step.changes.filter(({ value }) => value !== undefined).length;
  }
  return values;
}

/** How many writes there are. */
export function countWrites({ bursts }: StorePlan): number {
  return bursts.flatMap(({ clients }) => clients.flat()).filter(({ kind }) => kind === "write").length;
}

function drawScan(stream: Stream): PlannedStep {
  const [one, other] = [stream.below(KEYS), stream.below(KEYS)];
  return {
    kind: "scan",
    from: Math.min(one, other),
    to: Math.max(one, other),
    most: stream.between(1, KEYS),
    reverse: stream.below(2) === 0,
  };
}
