import { NOBODY, type Layout, type Owners } from "./layout.js";

/** Several members claim the partition with equal right. */
export const DISPUTED = -2;

/**
 * For each partition whose claim to it counts: that of the highest generation, since whoever has an older one missed a
 * rebalance in which the partition was another's (KAFKA-12984, KAFKA-14639). Each partition is looked at by itself: a
 * member behind the others still has what none of them claims. Of equal claims none counts. `NOBODY`: there is no claim.
 */
export function claimants(layout: Layout): Owners {
  const claimed = layout.nobodys();
  for (const [member, { owned, generation }] of layout.members.entries()) {
    for (const each of owned) {
      const partition = layout.numberOf(each);
      if (partition === undefined) continue;
      claimed[partition] = better(layout, claimed[partition]!, member, generation, partition);
    }
  }
  return claimed;
}

function better(
  layout: Layout,
  known: number,
  member: number,
  generation: number,
  partition: number,
): number {
  if (known === NOBODY || known === member) return member;
  const best =
    known === DISPUTED ? disputedGeneration(layout, partition, member) : generationOf(layout, known);
  if (generation > best) return member;
  return generation < best ? known : DISPUTED;
}

/** The highest generation among the members before `end` that claim it. */
function disputedGeneration(layout: Layout, partition: number, end: number): number {
  let highest = -1;
  for (let member = 0; member < end; member++) {
    const { owned, generation } = layout.members[member]!;
    if (generation > highest && owned.some((each) => layout.numberOf(each) === partition)) {
      highest = generation;
    }
  }
  return highest;
}

function generationOf(layout: Layout, member: number): number {
  return layout.members[member]!.generation;
}

/** Where each partition may stay: with the one whose claim counts, if that one still subscribes to it. */
export function homes(layout: Layout, claimed: Owners): Owners {
  return claimed.map((member, partition) =>
    member >= 0 && layout.isSubscribed(member, partition) ? member : NOBODY,
  );
}
