/** How often, in lines: some milliseconds of work. */
const EVERY = 20_000;

/** Lets the host's signals in now and then: a long file is read synchronously. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #lines = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** To be called for each line. Mostly nothing; now and then something to await, which rejects once aborted. */
  step(): Promise<void> | undefined {
    return ++this.#lines % EVERY === 0 ? this.#breathe() : undefined;
  }

  async #breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
  }
}
