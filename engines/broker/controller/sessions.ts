import type { BrokerState, MetadataImage } from "../metadata/index.js";
import type { BrokerId } from "../types.js";

/** When the active controller last heard of each broker. In memory: nobody else needs it, and a new one begins anew. */
export class Sessions {
  readonly #timeoutUs: number;
  readonly #heardUs: Map<BrokerId, number> = new Map();

  constructor(timeoutUs: number) {
    this.#timeoutUs = timeoutUs;
  }

  /** Every broker gets a full session: what it did before, this controller does not know. */
  beginAll(image: MetadataImage, nowUs: number): void {
    this.#heardUs.clear();
    for (const broker of image.brokers.keys()) this.#heardUs.set(broker, nowUs);
  }

  heard(broker: BrokerId, nowUs: number): void {
    this.#heardUs.set(broker, nowUs);
  }

  /** The brokers to be fenced. */
  expired(image: MetadataImage, nowUs: number): BrokerState[] {
    return [...image.brokers.values()].filter(({ id, isFenced }) => {
      const heardUs = this.#heardUs.get(id);
      if (heardUs === undefined) this.#heardUs.set(id, nowUs);
      return !isFenced && heardUs !== undefined && nowUs - heardUs > this.#timeoutUs;
    });
  }
}
