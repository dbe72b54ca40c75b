import { assert } from "../../env/index.js";
import type { BrokerId } from "../types.js";

/** Enough that no broker's share is twice another's, as a rule. */
const VIRTUAL_NODES = 64;

/** The circle of all hashes, with the brokers' places on it in ascending order. */
export interface Ring {
  readonly brokers: number;
  readonly places: readonly { readonly hash: number; readonly broker: BrokerId }[];
}

/**
 * Consistent hashing (Karger et al., STOC 1997) with virtual nodes (Dynamo, SOSP 2007): each broker has many places, so
 * one that comes takes a little of each of the others, and one that goes leaves a little to each.
 */
export function makeRing(brokers: readonly BrokerId[], virtualNodes: number = VIRTUAL_NODES): Ring {
  assert(new Set(brokers).size === brokers.length, "a broker is on a ring once");
  assert(virtualNodes > 0, "a broker has a place on the ring");
  const places = brokers.flatMap((broker) =>
    Array.from({ length: virtualNodes }, (_, i) => ({ hash: hashOf(`${broker}#${i}`), broker })),
  );
  // Two places with one hash: by name, so that the order in which brokers are given does not count.
  places.sort((a, b) => a.hash - b.hash || (a.broker < b.broker ? -1 : 1));
  return { brokers: brokers.length, places };
}

/** The first `count` different brokers from the key's place on; all of them where there are fewer. */
export function onRing({ brokers, places }: Ring, key: string, count: number): BrokerId[] {
  const found = new Set<BrokerId>();
  const wanted = Math.min(count, brokers);
  for (let at = firstFrom(places, hashOf(key)); found.size < wanted; at++) {
    found.add(places[at % places.length]!.broker);
  }
  return [...found];
}

/** Where the first place at or behind the hash is; their number where there is none. */
function firstFrom(places: Ring["places"], hash: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.hash < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** FNV-1a over the code units, then MurmurHash3's finalizer: without it, names that differ at their end are neighbours. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
