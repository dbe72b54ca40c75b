/** Where the next producer ids come from. */
export type AllocateIds = () => Promise<{ readonly first: number; readonly count: number }>;

/** Gives each producer an id that nobody else has, out of blocks that the controller gives this broker (KIP-730). */
export class ProducerIds {
  readonly #allocate: AllocateIds;
  #next = 0;
  #left = 0;
  #allocating: Promise<void> | undefined;

  constructor(allocate: AllocateIds) {
    this.#allocate = allocate;
  }

  /** Rejects as `allocate` does. */
  async take(): Promise<number> {
    // Whoever waited may find that others were faster.
    while (this.#left === 0) await (this.#allocating ??= this.#refill());
    this.#left--;
    return this.#next++;
  }

  async #refill(): Promise<void> {
    try {
      const { first, count } = await this.#allocate();
      this.#next = first;
      this.#left = count;
    } finally {
      this.#allocating = undefined;
    }
  }
}
