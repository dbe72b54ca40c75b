import { assert } from "../../env/index.js";
import type { BrokerId } from "../types.js";

/** How many of something each of some brokers has; what others have is not counted. */
export class Loads {
  readonly #loads: Map<BrokerId, number>;

  constructor(brokers: readonly BrokerId[]) {
    this.#loads = new Map(brokers.map((broker) => [broker, 0]));
  }

  of(broker: BrokerId): number {
    const load = this.#loads.get(broker);
    assert(load !== undefined, "the load is one of the brokers'");
    return load;
  }

  add(broker: BrokerId, change: number): void {
    const load = this.#loads.get(broker);
    if (load !== undefined) this.#loads.set(broker, load + change);
  }

  /** The first of those that have least. */
  least(brokers: readonly BrokerId[]): BrokerId {
    const [first, ...rest] = brokers;
    assert(first !== undefined, "there is a broker to choose");
    return rest.reduce((least, broker) => (this.of(broker) < this.of(least) ? broker : least), first);
  }

  /** All of them, those with least first; among equals in the order in which they were given. */
  ascending(): BrokerId[] {
    return [...this.#loads].toSorted(([, a], [, b]) => a - b).map(([broker]) => broker);
  }
}
