import { assert } from "../../env/index.js";
import { NOBODY, type Layout, type Owners } from "./layout.js";

/** No partition can pass. */
const NONE = 127;

/**
 * Changes `owners` into a best assignment: with the least sum of squares of what members have and, of those, with the
 * fewest partitions away from `stay`. Every partition has an owner, who may have it.
 *
 * It is a flow of least cost, and the method is to cancel cycles of negative cost (Klein 1967): members are nodes, an edge
 * is a partition that can pass from one to the other, and a node beside them stands for loads: to take the `n`th partition
 * costs `n` units of balance, which outweigh all that passing one costs. Without such a cycle there is no better assignment.
 */
export function improve(layout: Layout, owners: Owners, stay: Owners): void {
  const passes = new Passes(layout, owners, stay);
  for (;;) {
    const cycle = passes.findCycle();
    if (cycle === undefined) return;
    passes.apply(cycle);
  }
}

class Passes {
  readonly #layout: Layout;
  readonly #owners: Owners;
  readonly #stay: Owners;
  readonly #size: number;
  readonly #loads: number[];
  /** More than what a cycle can cost in partitions that leave, or come, home. */
  readonly #balance: number;
  /** From row to column: how many more partitions are away from home then (-1, 0 or 1), or `NONE`. */
  readonly #costs: Int8Array;
  /** Which partition passes at that cost. */
  readonly #partitions: Int32Array;

  constructor(layout: Layout, owners: Owners, stay: Owners) {
    this.#layout = layout;
    this.#owners = owners;
    this.#stay = stay;
    this.#size = layout.members.length;
    this.#loads = layout.loads(owners);
    this.#balance = 2 * this.#size + 1;
    this.#costs = new Int8Array(this.#size * this.#size);
    this.#partitions = new Int32Array(this.#size * this.#size);
    for (let member = 0; member < this.#size; member++) this.#look(member);
  }

  /** Bellman and Ford's: the nodes of a cycle of negative cost, each before the one it passes to. */
  findCycle(): readonly number[] | undefined {
    const distances = new Float64Array(this.#size + 1);
    const parents = new Int32Array(this.#size + 1).fill(NOBODY);
    for (let round = 0; this.#relax(distances, parents); round++) {
      assert(round <= this.#size + 1, "distances only go on to fall round a cycle");
      const cycle = cycleOf(parents);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  }

  apply(cycle: readonly number[]): void {
    for (const [index, from] of cycle.entries()) {
      const to = cycle[(index + 1) % cycle.length]!;
      if (from === this.#size || to === this.#size) continue;
      const partition = this.#partitions[from * this.#size + to]!;
      assert(this.#owners[partition] === from, "a partition passes from its owner");
      this.#owners[partition] = to;
      this.#loads[from]!--;
      this.#loads[to]!++;
    }
    for (const member of cycle) if (member !== this.#size) this.#look(member);
  }

  /** Whether some distance fell. */
  #relax(distances: Float64Array, parents: Int32Array): boolean {
    const [size, costs] = [this.#size, this.#costs];
    let fell = false;
    const lower = (from: number, to: number, cost: number): void => {
      const distance = distances[from]! + cost;
      if (distance >= distances[to]!) return;
      distances[to] = distance;
      parents[to] = from;
      fell = true;
    };
    for (let member = 0; member < size; member++) {
      const load = this.#loads[member]!;
      if (load > 0) lower(size, member, -load * this.#balance);
    }
    for (let from = 0; from < size; from++) {
      if (this.#loads[from] === 0) continue;
      for (let to = 0; to < size; to++) {
        const cost = costs[from * size + to]!;
        if (cost !== NONE) lower(from, to, cost);
      }
    }
    for (let member = 0; member < size; member++) {
      lower(member, size, (this.#loads[member]! + 1) * this.#balance);
    }
    return fell;
  }

  /** What can pass from `from`, anew. */
  #look(from: number): void {
    this.#costs.fill(NONE, from * this.#size, (from + 1) * this.#size);
    // Of each topic, the one that costs least to whoever it is not the home of.
    const cheapest = new Int32Array(this.#layout.topics.length).fill(NOBODY);
    for (const [partition, owner] of this.#owners.entries()) {
      if (owner !== from) continue;
      const topic = this.#layout.topicOf[partition]!;
      const home = this.#stay[partition]!;
      if (cheapest[topic] === NOBODY || (home !== from && this.#stay[cheapest[topic]!] === from)) {
        cheapest[topic] = partition;
      }
      if (home !== from && home !== NOBODY) this.#offer(from, home, -1, partition);
    }
    for (const [topic, partition] of cheapest.entries()) {
      if (partition === NOBODY) continue;
      const cost = this.#stay[partition] === from ? 1 : 0;
      for (const to of this.#layout.topics[topic]!.subscribers) {
        if (to !== from) this.#offer(from, to, cost, partition);
      }
    }
  }

  #offer(from: number, to: number, cost: number, partition: number): void {
    const edge = from * this.#size + to;
    if (cost >= this.#costs[edge]!) return;
    this.#costs[edge] = cost;
    this.#partitions[edge] = partition;
  }
}

/** A cycle among parents, in the direction of the edges; its cost is negative. */
function cycleOf(parents: Int32Array): number[] | undefined {
  const seenFrom = new Int32Array(parents.length).fill(NOBODY);
  for (let start = 0; start < parents.length; start++) {
    let node = start;
    while (node !== NOBODY && seenFrom[node] === NOBODY) {
      seenFrom[node] = start;
      node = parents[node]!;
    }
    if (node === NOBODY || seenFrom[node] !== start) continue;
    const cycle = [node];
    for (let each = parents[node]!; each !== node; each = parents[each]!) cycle.push(each);
    return cycle.reverse();
  }
  return undefined;
}
