import type { Env } from "../env/index.js";
import { StoreError, closed, readOnly, toStoreError } from "../store/index.js";
import { observe, reached, tellDamage } from "./events.js";
import { Signal } from "./signal.js";

/** Whether the store still works, and the one bell that rings when anything changes that somebody waits for. */
export class Health {
  readonly changed: Signal = new Signal();
  readonly #env: Env;
  readonly #directory: string;
  #failure: StoreError | undefined;
  #shortage: StoreError | undefined;
  #lastShortage: StoreError | undefined;
  #shortages = 0;
  #isClosed = false;

  constructor(env: Env, directory: string) {
    this.#env = env;
    this.#directory = directory;
  }

  /** What made the store read-only. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Why the last attempt to write a table failed; undefined since the first that succeeded after it. */
  get shortage(): StoreError | undefined {
    return this.#shortage;
  }

  /** The last one of all. */
  get lastShortage(): StoreError | undefined {
    return this.#lastShortage;
  }

  /** How often space was short so far. */
  get shortages(): number {
    return this.#shortages;
  }

  /** `close` was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why a write is refused. */
  get refusal(): StoreError | undefined {
    if (this.#isClosed) return closed(this.#directory);
    return this.#failure === undefined ? undefined : this.readOnly(this.#failure);
  }

  readOnly(failure: StoreError): StoreError {
    return readOnly(this.#directory, failure);
  }

  /**
   * Makes the store read-only, for the first failure it is told. What is no failure of a device, the log or a
   * file's bytes is a mistake in the code, or the end of the process: it stays an uncaught error of its node.
   */
  fail(error: unknown): StoreError {
    const known = toStoreError(error, this.#directory, "unknown");
    const failure = known instanceof StoreError ? known : unexpected(this.#directory, error);
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
    if (!(known instanceof StoreError)) void Promise.reject(error);
    if (this.#failure !== undefined) return failure;
    this.#failure = failure;
    this.changed.fire();
    tellDamage(this.#env, this.#directory, failure);
    reached(this.#env, "lsm/read-only");
    observe(this.#env, { kind: "lsm/read-only", directory: this.#directory, code: failure.code });
    return failure;
  }

  runShort(error: StoreError): void {
    this.#shortage = error;
    this.#lastShortage = error;
    this.#shortages++;
    this.changed.fire();
    observe(this.#env, { kind: "lsm/no-space", directory: this.#directory });
  }

  hasSpaceAgain(): void {
    this.#shortage = undefined;
  }

  close(): void {
    this.#isClosed = true;
  }
}

export function isNoSpace(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === "STORE_NO_SPACE";
}

function unexpected(where: string, cause: unknown): StoreError {
  const parts = { expected: "code without mistakes", found: "an unexpected error", where };
  return new StoreError(
    "STORE_IO_FAILED",
    { ...parts, todo: "close the store, and open it again" },
    "unknown",
    cause,
  );
}
