import { thousands } from "#reports/format.js";

/** `1 recovery`, `2 recoveries`. */
export function recoveries(count: number): string {
  return `${thousands(count)} ${count === 1 ? "recovery" : "recoveries"}`;
}

/** `1 process`, `2 processes`. */
export function processes(count: number): string {
  return `${thousands(count)} ${count === 1 ? "process" : "processes"}`;
}
