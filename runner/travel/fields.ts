/** Fields of what a node says of itself, by a path such as `last.index` or `log.0.term`. */
import { plainValue } from "#reports/recording/index.js";

/** What stands there; undefined where there is no such field. Maps are walked by key; `length` is a list's. */
export function fieldOf(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path === "" ? [] : path.split(".")) at = member(at, name);
  return at;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Map) return value.get(name) ?? value.get(Number(name));
  if (value instanceof Set) return [...value][Number(name)];
  if (name === "length" && Array.isArray(value)) return value.length;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Beyond these a change goes unnoticed: a state that large is looked at by its fields. */
const COMPARED = { depth: 8, elements: 2_000, chars: 2_000 };

/** A text that is the same where the values are. */
export function fieldText(value: unknown): string {
  const plain = plainValue(value, COMPARED);
  if (plain === undefined || plain === null) return "none";
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}
