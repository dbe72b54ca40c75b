/**
 * Differences between JSON values, since a node's states are much alike: `apply(before, difference(before, after))`
 * is `after` again. A difference is `[SAME]`, `[NEW, value]`, `[OBJECT, changed, removed]` or `[LIST, kept, rest]`.
 */
const SAME = 0;
const NEW = 1;
const OBJECT = 2;
const LIST = 3;

export type Difference = readonly unknown[];
type PlainObject = Readonly<Record<string, unknown>>;

/** Of two values that JSON can hold. */
export function difference(before: unknown, after: unknown): Difference {
  if (Object.is(before, after)) return [SAME];
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before, after);
  if (isPlain(before) && isPlain(after)) return ofObjects(before, after);
  return [NEW, after];
}

/** Throws nothing for what `difference` gave for this `before`; anything else gives nonsense. */
export function apply(before: unknown, change: Difference): unknown {
  switch (change[0]) {
    case SAME:
      return before;
    case OBJECT:
      return applyToObject(before as PlainObject, change[1] as [string, Difference][], change[2] as string[]);
    case LIST:
      return [...(before as unknown[]).slice(0, change[1] as number), ...(change[2] as unknown[])];
    default:
      return change[1];
  }
}

function ofLists(before: readonly unknown[], after: readonly unknown[]): Difference {
  let kept = 0;
  while (kept < before.length && kept < after.length && isSame(before[kept], after[kept])) kept++;
  if (kept === before.length && kept === after.length) return [SAME];
  return [LIST, kept, after.slice(kept)];
}

function ofObjects(before: PlainObject, after: PlainObject): Difference {
  const changed: [string, Difference][] = [];
  for (const [key, value] of Object.entries(after)) {
    const change = Object.hasOwn(before, key) ? difference(before[key], value) : [NEW, value];
    if (change[0] !== SAME) changed.push([key, change]);
  }
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return changed.length === 0 && removed.length === 0 ? [SAME] : [OBJECT, changed, removed];
}

function applyToObject(
  before: PlainObject,
  changed: readonly [string, Difference][],
  removed: readonly string[],
): PlainObject {
  const entries = new Map(Object.entries(before).filter(([key]) => !removed.includes(key)));
  for (const [key, change] of changed) entries.set(key, apply(entries.get(key), change));
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(entries);
}

function isSame(a: unknown, b: unknown): boolean {
  return difference(a, b)[0] === SAME;
}

function isPlain(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
