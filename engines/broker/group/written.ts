import type { GroupEvent } from "./events.js";

/**
 * What has become of the members of groups, as it is written and not told yet (KIP-848). Whoever wrote it may have stopped
 * waiting for it to be committed, so it is told in the order of the log: what stands before something that is committed, is
 * committed. Commits and expiries of offsets are told by whoever waits for them, or not at all.
 */
export class Written {
  readonly #tell: (event: GroupEvent) => void;
  readonly #untold: GroupEvent[] = [];
  /** Of all that was ever written, so many have been told. */
  #told = 0;

  /** `tell`: these are committed. */
  constructor(tell: (event: GroupEvent) => void) {
    this.#tell = tell;
  }

  add(events: readonly GroupEvent[]): void {
    this.#untold.push(...events);
  }

  /** Gives what tells all that is written by now, for when that, or something behind it, is committed. */
  upToHere(): () => void {
    const upTo = this.#told + this.#untold.length;
    return () => {
      for (; this.#told < upTo; this.#told++) this.#tell(this.#untold.shift()!);
    };
  }
}
