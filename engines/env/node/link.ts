/** The accepting end gives a sign of life this often. */
export const SIGN_OF_LIFE_MS: number = 1000;
/**
 * A link that heard nothing for so long is dialled anew: after a partition TCP itself would wait for up to two
 * minutes before it tries again.
 */
const SILENCE_MAX_MS = 5 * SIGN_OF_LIFE_MS;
const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 1000;

/** What a link needs to know of a connection. */
export interface Dialled {
  /** For how long the other end has been silent. */
  silentMs(): number;
  destroy(): void;
}

/**
 * The dialled connection to one peer: made when there is something to send, and made again, with back-off,
 * once it has broken. Nothing runs in the background.
 */
export class Link<C extends Dialled> {
  readonly #dial: (onClosed: () => void) => C;
  readonly #nowMs: () => number;
  #connection: C | undefined;
  #dialledMs = 0;
  #backoffMs = 0;
  #retryMs = 0;

  /** `dial` begins a connection and sees to it that `onClosed` is called once; `nowMs` is monotonic. */
  constructor(dial: (onClosed: () => void) => C, nowMs: () => number) {
    this.#dial = dial;
    this.#nowMs = nowMs;
  }

  /** The connection to send on now, perhaps still being made; undefined while backing off. */
  connection(): C | undefined {
    if (this.#connection !== undefined && this.#connection.silentMs() > SILENCE_MAX_MS) {
      const silent = this.#connection;
      this.#broken(silent);
      silent.destroy();
    }
    const nowMs = this.#nowMs();
    if (this.#connection === undefined && nowMs >= this.#retryMs) {
      this.#dialledMs = nowMs;
      const connection = this.#dial(() => this.#broken(connection));
      this.#connection = connection;
    }
    return this.#connection;
  }

  #broken(connection: C): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    const nowMs = this.#nowMs();
    // One that lasted was good; one that broke soon may meet a peer that refuses it again and again.
    const lasted = nowMs - this.#dialledMs > SILENCE_MAX_MS;
    this.#backoffMs = lasted
      ? BACKOFF_MIN_MS
      : Math.min(BACKOFF_MAX_MS, this.#backoffMs * 2 || BACKOFF_MIN_MS);
    this.#retryMs = nowMs + this.#backoffMs;
  }
}
