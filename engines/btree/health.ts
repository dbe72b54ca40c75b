import { closed, readOnly, StoreError, toStoreError } from "../store/index.js";
import type { Telling } from "./events.js";

/** Whether a store may still be used, and why not. */
export class Health {
  readonly #telling: Telling;
  #failure: StoreError | undefined;
  #isClosed = false;

  constructor(telling: Telling) {
    this.#telling = telling;
  }

  /** What made the store read-only. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Throws STORE_CLOSED. */
  expectOpen(): void {
    if (this.#isClosed) throw closed(this.#telling.directory);
  }

  /** What refuses writes; undefined while they may go on. */
  refusal(): StoreError | undefined {
    if (this.#isClosed) return closed(this.#telling.directory);
    return this.#failure === undefined ? undefined : readOnly(this.#telling.directory, this.#failure);
  }

  /** Whether an error is one of the files or the log, or a store's own. */
  isExpected(error: unknown): boolean {
    return toStoreError(error, this.#telling.directory, "unknown") instanceof StoreError;
  }

  /**
   * Makes the store read-only, where it isn't yet, for what its files or its log said. Gives the store's error for it.
   * Throws what is no error of theirs: a mistake in the code, or the end of the process.
   */
  fail(error: unknown, outcome: StoreError["outcome"]): StoreError {
    const failure = toStoreError(error, this.#telling.directory, outcome);
    if (!(failure instanceof StoreError)) throw error;
    if (this.#failure === undefined) {
      this.#failure = failure;
      this.#telling.observe({
        kind: "btree/read-only",
        directory: this.#telling.directory,
        code: failure.code,
      });
    }
    return failure;
  }

  /**
   * A mistake in the code, or the end of the process, stopped something half-way. It stays an uncaught error of its
   * node: the rejection that is made here is nobody's. The store is read-only, and who waits gets this error.
   */
  broke(error: unknown): StoreError {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
    void Promise.reject(error);
    const parts = { expected: "no mistake in the code", found: "one", where: this.#telling.directory };
    const failure = new StoreError(
      "STORE_IO_FAILED",
      { ...parts, todo: "close the store, and open it again" },
      "unknown",
      error,
    );
    return this.fail(failure, "unknown");
  }
}
