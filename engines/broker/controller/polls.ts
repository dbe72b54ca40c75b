import type { Clock, Env } from "../../env/index.js";
import type { MetadataMachine } from "../metadata/index.js";
import type { FetchMetadataRequest, FetchMetadataResponse } from "../protocol/types.js";
import type { Offset } from "../types.js";
import { notController } from "./refusals.js";

/** No poll waits longer, so that a controller that is closed is not waited for. */
const MAX_WAIT_US = 30_000_000;

interface Poll {
  readonly offset: Offset;
  end(): void;
}

/**
 * Brokers that wait for metadata. They get what the state machine has applied, which is committed, and whole commands.
 * Who is ahead of this controller waits: what it would get here is older than what it has.
 */
export class MetadataPolls {
  readonly #node: string;
  readonly #clock: Clock;
  readonly #machine: MetadataMachine;
  readonly #polls: Set<Poll> = new Set();
  #isClosed = false;

  constructor({ node, clock }: Env, machine: MetadataMachine) {
    this.#node = node;
    this.#clock = clock;
    this.#machine = machine;
  }

  get waiting(): number {
    return this.#polls.size;
  }

  /** Throws NOT_CONTROLLER once it is closed. */
  async answer({ offset, maxWaitUs }: FetchMetadataRequest): Promise<FetchMetadataResponse> {
    if (this.#isClosed) throw notController(this.#node);
    if (offset >= this.#machine.image.offset && maxWaitUs > 0) {
      await this.#wait(offset, Math.min(maxWaitUs, MAX_WAIT_US));
    }
    const records = this.#machine.recordsFrom(offset);
    return records === undefined
      ? { kind: "image", image: this.#machine.image }
      : { kind: "records", offset, records };
  }

  /** The state machine has applied something. */
  wake(): void {
    for (const poll of this.#polls) if (poll.offset < this.#machine.image.offset) poll.end();
  }

  /** Whoever waits gets what there is. */
  close(): void {
    this.#isClosed = true;
    for (const poll of this.#polls) poll.end();
  }

  #wait(offset: Offset, waitUs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#polls.delete(poll);
        resolve();
      };
      const timer = this.#clock.setTimer(waitUs, end);
      const poll = { offset, end };
      this.#polls.add(poll);
    });
  }
}
