/**
 * Where each operation took effect, as the order of a linearization has it: inside its interval, and not before the
 * ones ahead of it. Of all such places the middle ones, which are seen best.
 */
import type { OperationData, PageData } from "../shared/model.js";

/** From when to when an operation may have taken effect; on any scale that ascends with time. */
export type Bounds = (operation: OperationData) => readonly [first: number, last: number];

/** By the operation's id. */
export function middlePoints(order: readonly OperationData[], bounds: Bounds): Map<number, number> {
  const earliest: number[] = [];
  for (const operation of order) earliest.push(Math.max(bounds(operation)[0], earliest.at(-1) ?? -Infinity));
  const points = new Map<number, number>();
  let latest = Infinity;
  for (let i = order.length - 1; i >= 0; i--) {
    latest = Math.min(latest, bounds(order[i]!)[1]);
    // Both bounds ascend, so their middles do.
    points.set(order[i]!.id, (earliest[i]! + Math.max(latest, earliest[i]!)) / 2);
  }
  return points;
}

/** In their order. Empty where none is known. */
export function linearizedOperations({ operations, violation }: PageData): OperationData[] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return (violation?.linearized ?? []).flatMap((id) => byId.get(id) ?? []);
}

/** Times of the points. */
export function linearizationPoints(data: PageData): Map<number, number> {
  return middlePoints(linearizedOperations(data), (operation) => [
    operation.invoked.timeUs,
    lastEffectUs(operation, data.endUs),
  ]);
}

/** An operation without an answer may take effect at any time from its invocation on. */
export function lastEffectUs({ outcome, ended }: OperationData, endUs: number): number {
  return outcome === "ok" && ended !== undefined ? ended.timeUs : endUs;
}
