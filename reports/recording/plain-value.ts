/** Any value of a run as plain JSON data, for people to look at. */

export interface PlainLimits {
  /** Deeper values are summed up in a word. */
  readonly depth: number;
  /** Longer lists, and texts, are cut. */
  readonly elements: number;
  readonly chars: number;
}

export const SMALL: PlainLimits = { depth: 5, elements: 32, chars: 200 };

const text = new TextDecoder("utf-8", { fatal: true });

/** Bytes as the text they hold, or in hexadecimal; maps and sets as objects and lists; errors by their message. */
export function plainValue(value: unknown, limits: PlainLimits = SMALL, depth = 0): unknown {
  if (typeof value === "object") return value === null ? null : plainObject(value, limits, depth);
  if (typeof value === "string") return cut(value, limits.chars);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean" || value === undefined) return value;
  return typeof value === "bigint" ? String(value) : `(${typeof value})`;
}

function plainObject(value: object, limits: PlainLimits, depth: number): unknown {
  if (value instanceof Uint8Array) return plainBytes(value, limits.chars);
  if (value instanceof Error) return cut(value.message, limits.chars);
  if (depth >= limits.depth) return "...";
  const deeper = (each: unknown): unknown => plainValue(each, limits, depth + 1);
  if (Array.isArray(value) || value instanceof Set) return plainList([...value], limits, deeper);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const shown = entries.slice(0, limits.elements).map(([key, each]) => [String(key), deeper(each)] as const);
  if (entries.length > shown.length) shown.push(["...", `${entries.length - shown.length} more`]);
  return Object.fromEntries(shown);
}

function plainList(
  list: readonly unknown[],
  limits: PlainLimits,
  deeper: (each: unknown) => unknown,
): unknown[] {
  const hidden = list.length - limits.elements;
  if (hidden <= 0) return list.map(deeper);
  // Of a log both ends matter, the latest entries the most.
  const first = limits.elements >> 2;
  const last = list.slice(first + hidden);
  return [...list.slice(0, first).map(deeper), `... ${hidden} more`, ...last.map(deeper)];
}

function plainBytes(bytes: Uint8Array, chars: number): string {
  const start = bytes.subarray(0, chars);
  let shown: string;
  try {
    shown = text.decode(start);
    // oxlint-disable-next-line no-control-regex -- they are what tells bytes from a text
    if (/[\u0000-\u0008\u000e-\u001f\u007f]/.test(shown)) shown = hex(start.subarray(0, chars >> 2));
  } catch {
    shown = hex(start.subarray(0, chars >> 2));
  }
  return `${shown}${bytes.length > start.length ? "..." : ""} (${bytes.length} B)`;
}

function hex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function cut(whole: string, chars: number): string {
  return whole.length > chars ? `${whole.slice(0, chars)}... (${whole.length} characters)` : whole;
}
