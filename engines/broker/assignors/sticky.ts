import { assert } from "../../env/index.js";
import { claimants, homes } from "./claims.js";
import { NOBODY, Layout, type Owners } from "./layout.js";
import { improve } from "./improve.js";
import type { Assignor } from "./types.js";

/**
 * As balanced as subscriptions allow, and of all such assignments one that takes the fewest partitions from those who have
 * them (KIP-54). Where all subscribe to the same, numbers are at most 1 apart; else no partition can pass, directly or by
 * way of others, from a member to one with at least 2 fewer.
 */
export const STICKY: Assignor = {
  name: "sticky",
  mode: "eager",
  isSticky: true,
  assign(members, partitions) {
    const layout = new Layout(members, partitions);
    return layout.assignment(share(layout, claimants(layout)));
  },
};

/**
 * The same, in two rounds (KIP-429): a partition that is claimed by a member other than its next owner is nobody's in this
 * round; once it has been given up, it is assigned in the next.
 */
export const COOPERATIVE_STICKY: Assignor = {
  name: "cooperative-sticky",
  mode: "cooperative",
  isSticky: true,
  assign(members, partitions) {
    const layout = new Layout(members, partitions);
    const claimed = claimants(layout);
    const next = share(layout, claimed);
    const owners = next.map((owner, partition) => {
      const claimant = claimed[partition]!;
      return claimant === NOBODY || claimant === owner ? owner : NOBODY;
    });
    return layout.assignment(owners);
  },
};

/** KIP-848's: what `STICKY` does; there, the coordinator sees to it that one gives up before the other gets. */
export const UNIFORM: Assignor = { ...STICKY, name: "uniform" };

function share(layout: Layout, claimed: Owners): Owners {
  const stay = homes(layout, claimed);
  if (layout.members.length === 0) return stay;
  const owners = layout.isUniform ? withinQuotas(layout, stay) : stay.slice();
  if (layout.isUniform) fillUp(layout, owners);
  else {
    fillWherePossible(layout, owners);
    improve(layout, owners, stay);
  }
  assert(!owners.includes(NOBODY), "a topic with subscribers is assigned as a whole");
  return owners;
}

/** Nobody keeps more than the balance lets it have; who has more than others, first has a right to the odd ones. */
function withinQuotas(layout: Layout, stay: Owners): Owners {
  const least = Math.floor(layout.partitionCount / layout.members.length);
  let odd = layout.partitionCount % layout.members.length;
  const quotas = layout.loads(stay).map((load) => (load > least && odd-- > 0 ? least + 1 : least));
  return stay.map((owner) => (owner !== NOBODY && quotas[owner]!-- > 0 ? owner : NOBODY));
}

/** What is nobody's, in order, each to the first of those who have the fewest. */
function fillUp(layout: Layout, owners: Owners): void {
  const loads = layout.loads(owners);
  let level = Math.min(...loads);
  let member = 0;
  for (let partition = owners.indexOf(NOBODY); partition >= 0;) {
    if (member === loads.length) {
      member = 0;
      level++;
    }
    if (loads[member] === level) {
      owners[partition] = member;
      loads[member]!++;
      partition = owners.indexOf(NOBODY, partition + 1);
    }
    member++;
  }
}

/** The same, where not everybody may have everything: first what the fewest may have. */
function fillWherePossible(layout: Layout, owners: Owners): void {
  const loads = layout.loads(owners);
  const scarceFirst = layout.topics.toSorted((a, b) => a.subscribers.length - b.subscribers.length);
  for (const { partitions, first, subscribers } of scarceFirst) {
    for (let partition = first; partition < first + partitions; partition++) {
      if (owners[partition] !== NOBODY) continue;
      let least = subscribers[0]!;
      for (const member of subscribers) if (loads[member]! < loads[least]!) least = member;
      owners[partition] = least;
      loads[least]!++;
    }
  }
}
