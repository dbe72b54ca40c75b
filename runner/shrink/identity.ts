/** What tells one candidate from another: what it asks for, without what came of it. */
import { hashText } from "#sim/hash.js";
import type { Candidate } from "./judge.js";

/**
 * A digest. Candidates share the elements of their plans with what they were made from, and there may be hundreds of
 * them in each of thousands of candidates: an element is put into words once.
 */
export function identityOf({ seed, swarm, plan, overrides, faults, drawsFaults }: Candidate): string {
  const parts = Object.entries(plan).map(([name, part]) => [name, partDigest(part)]);
  return digest(JSON.stringify([seed, swarm, parts, overrides, faults.map(({ id }) => id), drawsFaults]));
}

function partDigest(part: unknown): string {
  return Array.isArray(part) ? digest(part.map(elementDigest).join()) : elementDigest(part);
}

const known: WeakMap<object, string> = new WeakMap();

function elementDigest(element: unknown): string {
  if (typeof element !== "object" || element === null) return digest(JSON.stringify(element));
  let found = known.get(element);
  if (found === undefined) known.set(element, (found = digest(JSON.stringify(element))));
  return found;
}

function digest(text: string): string {
  return [text.length, hashText(text), hashText(text.slice(text.length >> 1))].join("/");
}
