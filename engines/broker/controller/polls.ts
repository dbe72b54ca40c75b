import type { Env } from "../../env/index.js";
import type { MetadataMachine } from "../metadata/index.js";
import type { FetchMetadataRequest, FetchMetadataResponse } from "../protocol/types.js";
import type { Offset } from "../types.js";
import type { ControllerMark } from "./marks.js";
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
  readonly #env: Env;
  readonly #machine: MetadataMachine;
  readonly #polls: Set<Poll> = new Set();
  #isClosed = false;

  constructor(env: Env, machine: MetadataMachine) {
    this.#env = env;
    this.#machine = machine;
  }

  get waiting(): number {
    return this.#polls.size;
  }

  /** Throws NOT_CONTROLLER once it is closed. */
  async answer({ offset, maxWaitUs }: FetchMetadataRequest): Promise<FetchMetadataResponse> {
    if (this.#isClosed) throw notController(this.#env.node);
    if (offset >= this.#machine.image.offset && maxWaitUs > 0) {
      await this.#wait(offset, Math.min(maxWaitUs, MAX_WAIT_US));
    }
    const records = this.#machine.recordsFrom(offset);
    if (records !== undefined) return { kind: "records", offset, records };
    const mark: ControllerMark = "controller/image-served";
    this.#env.reached(mark);
    return { kind: "image", image: this.#machine.image };
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
      const timer = this.#env.clock.setTimer(waitUs, end);
      const poll = { offset, end };
      this.#polls.add(poll);
    });
  }
}
