import { Layout } from "./layout.js";
import type { Assignor } from "./types.js";

/**
 * Topic by topic, a run of neighbouring partitions for each subscriber, the first ones one more where it does not come out
 * even. Topics with as many partitions and the same subscribers are shared out alike: partition n of each goes to the same
 * member, which joins need.
 */
export const RANGE: Assignor = {
  name: "range",
  mode: "eager",
  isSticky: false,
  assign(members, partitions) {
    const layout = new Layout(members, partitions);
    const owners = layout.nobodys();
    for (const { partitions: count, first, subscribers } of layout.topics) {
      const least = Math.floor(count / subscribers.length);
      const longer = count % subscribers.length;
      let next = first;
      for (const [index, member] of subscribers.entries()) {
        const end = next + least + (index < longer ? 1 : 0);
        owners.fill(member, next, end);
        next = end;
      }
    }
    return layout.assignment(owners);
  },
};
