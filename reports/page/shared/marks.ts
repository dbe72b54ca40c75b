/** Which faults have a sign of their own on a lane. */
import type { FaultData } from "./model.js";

/** Not those that were not injected, or that another part of the picture shows already. */
export function isMarked({ state, kind }: Pick<FaultData, "state" | "kind">): boolean {
  if (state === "refused" || state === "planned") return false;
  return !/^(message-|slow-link|bandwidth|link-|partition-|clock-)/.test(kind);
}

export function isDeath({ kind }: Pick<FaultData, "kind">): boolean {
  return kind === "crash" || kind === "power-loss";
}

/** Of a time span: a pause, or a death by a fault; not a process that ended by itself or was stopped. */
export function isAlarming(span: string, text: string): boolean {
  return span === "pause" || (span === "down" && isDeath({ kind: text }));
}
