/** How far a group has come in one partition. */
export class Progress {
  /** All below was processed by somebody of the group. */
  processedTo = 0;
  /** The latest commit that is known of; undefined: none, or it has expired. */
  committed: number | undefined;
  readonly #ahead: Set<number> = new Set();

  processed(offset: number): void {
    if (offset < this.processedTo) return;
    this.#ahead.add(offset);
    while (this.#ahead.delete(this.processedTo)) this.processedTo++;
  }
}
