/** The messages that are on the wire of one link, for those links that have to know. */
import type { Message } from "./message.js";

/** Fewer are not worth looking through. */
const COMPACT_MIN = 32;

export class Wire {
  #messages: Message[] = [];
  #compactAt = COMPACT_MIN;

  add(message: Message): void {
    if (this.#messages.length >= this.#compactAt) this.#compact();
    this.#messages.push(message);
  }

  /** Whether at least so many are on the wire now. */
  holds(count: number): boolean {
    if (this.#messages.length >= count) this.#compact();
    return this.#messages.length >= count;
  }

  /** Those that are on the wire now, in the order of their arrival. */
  inOrder(): Message[] {
    this.#compact();
    return this.#messages.toSorted((a, b) => a.event!.timeUs - b.event!.timeUs || a.event!.id - b.event!.id);
  }

  #compact(): void {
    this.#messages = this.#messages.filter((message) => message.onWire);
    this.#compactAt = Math.max(COMPACT_MIN, 2 * this.#messages.length);
  }
}
