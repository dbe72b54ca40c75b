/**
 * The configurations along a log. A server uses the latest one in its log, whether committed or not (Raft,
 * section 6), so truncation brings back the one before.
 */
import { assert } from "../../env/index.js";
import type { Configuration, LogIndex } from "../types.js";

interface Placed {
  readonly index: LogIndex;
  readonly configuration: Configuration;
}

export class Configurations {
  /** Ascending; the first is the one in force at the log's base. Never empty. */
  #placed: Placed[];

  constructor(index: LogIndex, configuration: Configuration) {
    this.#placed = [{ index, configuration }];
  }

  get current(): Configuration {
    return this.#placed[this.#placed.length - 1]!.configuration;
  }

  /** Where the current one stands in the log. */
  get currentIndex(): LogIndex {
    return this.#placed[this.#placed.length - 1]!.index;
  }

  /** The one in force at `index`, which is not below the base. */
  at(index: LogIndex): Configuration {
    const placed = this.#placed.findLast((each) => each.index <= index);
    assert(placed !== undefined, "nobody asks below the base");
    return placed.configuration;
  }

  add(index: LogIndex, configuration: Configuration): void {
    assert(index > this.currentIndex, "configurations are added in the order of the log");
    this.#placed.push({ index, configuration });
  }

  /** Forgets those at and above `from`. True where the current one is another now. */
  truncateFrom(from: LogIndex): boolean {
    const before = this.#placed.length;
    while (this.#placed.length > 1 && this.currentIndex >= from) this.#placed.pop();
    return this.#placed.length < before;
  }

  /** Forgets what nobody can ask for once the log begins behind `index`. */
  compactTo(index: LogIndex): void {
    while (this.#placed.length > 1 && this.#placed[1]!.index <= index) this.#placed.shift();
  }

  /** The log begins anew behind `index`, where `configuration` is in force. */
  restart(index: LogIndex, configuration: Configuration): void {
    this.#placed = [{ index, configuration }];
  }
}
