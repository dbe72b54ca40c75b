/**
 * Work in the background, of which there is one at a time. Nobody waits for it by default, so its errors go to
 * `onError`.
 */
export class Task {
  readonly #run: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  /** `run` does what there is to do, until there is no more. */
  constructor(run: () => Promise<void>, onError: (error: unknown) => void) {
    this.#run = run;
    this.#onError = onError;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Sees to it that `run` looks for work after this call. */
  start(): void {
    this.#isAskedAgain = true;
    this.#running ??= this.#untilDone();
  }

  /** Resolves once nothing runs. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #untilDone(): Promise<void> {
    // Never within the caller's own step.
    await Promise.resolve();
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.#run();
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running = undefined;
    }
  }
}
