/** What else two traces say otherwise: the clients' answers, what nodes became, which faults struck. */
import type { FaultLine, OperationLine, ResultLine, StatusLine } from "#reports/traces/index.js";
import type { Pace } from "./pace.js";
import { otherLinesOf } from "./trace-reader.js";

/** All of a trace but its records. */
export interface Outcome {
  /** Undefined where the trace was cut off. */
  readonly result: ResultLine | undefined;
  /** By node, in their order. */
  readonly statuses: ReadonlyMap<string, readonly StatusLine[]>;
  /** In the order in which they were asked for. */
  readonly operations: readonly OperationLine[];
  /** By id. */
  readonly faults: ReadonlyMap<string, FaultLine>;
}

/** An operation that was answered otherwise. */
export interface OperationDifference {
  readonly client: string;
  /** How many operations of this client came before. */
  readonly index: number;
  readonly first: OperationLine;
  readonly second: OperationLine;
}

/** A node that became something else: the first status that differs, and the last one of all. */
export interface StatusDifference {
  readonly node: string;
  readonly first: StatusLine | undefined;
  readonly second: StatusLine | undefined;
  readonly last: readonly [first: StatusLine | undefined, second: StatusLine | undefined];
}

export interface OutcomeDifference {
  /** Of those that both sides asked for, in the order of the first. */
  readonly operations: readonly OperationDifference[];
  readonly compared: number;
  /** Operations that one side alone came to. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly statuses: readonly StatusDifference[];
  /** Faults that struck on one side alone. */
  readonly faults: readonly [first: readonly FaultLine[], second: readonly FaultLine[]];
}

/** Throws `TraceFormatError`. */
export async function outcomeOf(path: string, pace: Pace): Promise<Outcome> {
  let result: ResultLine | undefined;
  const statuses = new Map<string, StatusLine[]>();
  const operations: OperationLine[] = [];
  const faults = new Map<string, FaultLine>();
  for (const line of otherLinesOf(path)) {
    if (line.type === "status") push(statuses, line.node, line);
    else if (line.type === "operation") operations.push(line);
    else if (line.type === "fault") faults.set(line.id, line);
    else result = line;
    const breath = pace.step();
    if (breath !== undefined) await breath;
  }
  return { result, statuses, operations, faults };
}

export function outcomeDifference(first: Outcome, second: Outcome): OutcomeDifference {
  return {
    ...operationDifferences(first, second),
    statuses: statusDifferences(first, second),
    faults: [notIn(first, second), notIn(second, first)],
  };
}

/** A client's n-th operation on one side is its n-th on the other. */
function operationDifferences(
  ofFirst: Outcome,
  ofSecond: Outcome,
): Pick<OutcomeDifference, "operations" | "compared" | "onlyFirst" | "onlySecond"> {
  const counterparts = new Map<string, OperationLine[]>();
  for (const operation of ofSecond.operations) push(counterparts, operation.client, operation);
  const asked = new Map<string, number>();
  const operations: OperationDifference[] = [];
  let compared = 0;
  for (const first of ofFirst.operations) {
    const { client } = first;
    const index = asked.get(client) ?? 0;
    const second = counterparts.get(client)?.[index];
    if (second === undefined) continue;
    asked.set(client, index + 1);
    compared++;
    const same = (["asked", "outcome", "answered"] as const).every((name) => first[name] === second[name]);
    if (!same) operations.push({ client, index, first, second });
  }
  const onlyFirst = ofFirst.operations.length - compared;
  return { operations, compared, onlyFirst, onlySecond: ofSecond.operations.length - compared };
}

function statusDifferences(
  { statuses: ofFirst }: Outcome,
  { statuses: ofSecond }: Outcome,
): StatusDifference[] {
  const differences: StatusDifference[] = [];
  for (const node of keysOf(ofFirst, ofSecond)) {
    const [a, b] = [ofFirst.get(node) ?? [], ofSecond.get(node) ?? []];
    const length = Math.max(a.length, b.length);
    for (let i = 0; i < length; i++) {
      const [first, second] = [a[i], b[i]];
      if (first?.status === second?.status) continue;
      differences.push({ node, first, second, last: [a.at(-1), b.at(-1)] });
      break;
    }
  }
  return differences.toSorted((a, b) => timeOf(a) - timeOf(b));
}

function timeOf({ first, second }: StatusDifference): number {
  return Math.min(first?.timeUs ?? Infinity, second?.timeUs ?? Infinity);
}

function notIn({ faults }: Outcome, other: Outcome): FaultLine[] {
  return [...faults.values()].filter(({ id }) => !other.faults.has(id));
}

function keysOf(first: ReadonlyMap<string, unknown>, second: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...first.keys(), ...second.keys()])];
}

function push<T>(lists: Map<string, T[]>, key: string, element: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [element]);
  else list.push(element);
}
