import { Layout } from "./layout.js";
import type { Assignor } from "./types.js";

/**
 * All partitions in their order, each to the next member in turn that subscribes to it. Numbers are at most 1 apart where
 * all subscribe to the same; else they may be far apart.
 */
export const ROUND_ROBIN: Assignor = {
  name: "round-robin",
  mode: "eager",
  isSticky: false,
  assign(members, partitions) {
    const layout = new Layout(members, partitions);
    const owners = layout.nobodys();
    let turn = 0;
    for (const { partitions: count, first, subscribers } of layout.topics) {
      for (let partition = first; partition < first + count; partition++) {
        const member = subscribers.find((each) => each >= turn) ?? subscribers[0]!;
        owners[partition] = member;
        turn = (member + 1) % members.length;
      }
    }
    return layout.assignment(owners);
  },
};
