import type { MessageRecord } from "#sim/trace.js";

/**
 * The name of a message for a diagram: that of its type and, where the value says which of several it is, its
 * kind: `raft append`.
 */
export function messageLabel({ type, value }: MessageRecord): string {
  if (typeof value !== "object" || value === null) return type;
  const { kind } = value as { readonly kind?: unknown };
  return typeof kind === "string" && kind !== type ? `${type} ${kind}` : type;
}
