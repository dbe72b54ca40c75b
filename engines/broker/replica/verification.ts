import type { ProducerIdentity } from "../protocol/transaction-types.js";

/**
 * Held by whoever asks the coordinator about a transaction (KIP-890). A marker that comes meanwhile ends what was asked
 * about: then the answer is worth nothing any more. A log that remembers the epoch of the marker refuses the batch in any
 * case; this is for one that has forgotten the producer by the time the answer is there.
 */
export interface VerificationGuard {
  readonly isVoid: boolean;
}

class Verification implements VerificationGuard {
  readonly producerEpoch: number;
  readonly answer: Promise<void>;
  isVoid = false;

  constructor(producerEpoch: number, answer: Promise<void>) {
    this.producerEpoch = producerEpoch;
    this.answer = answer;
  }
}

/** Questions to coordinators that are under way, about producers that have no transaction open in this partition. */
export class Verifications {
  readonly #underWay: Map<number, Verification> = new Map();

  /**
   * Asks, or waits for the answer to the same question: those that came first go on first. Rejects with what `ask`
   * rejects with.
   */
  async verify(
    { producerId, producerEpoch }: ProducerIdentity,
    ask: () => Promise<void>,
  ): Promise<VerificationGuard> {
    let verification = this.#underWay.get(producerId);
    if (verification?.producerEpoch !== producerEpoch) {
      verification = new Verification(producerEpoch, ask());
      this.#underWay.set(producerId, verification);
    }
    try {
      await verification.answer;
    } finally {
      if (this.#underWay.get(producerId) === verification) this.#underWay.delete(producerId);
    }
    return verification;
  }

  /** A marker is in the log: it ends whatever is of an earlier epoch. The same again says nothing of the next one. */
  markerCame({ producerId, producerEpoch }: ProducerIdentity): void {
    const verification = this.#underWay.get(producerId);
    if (verification === undefined || verification.producerEpoch >= producerEpoch) return;
    verification.isVoid = true;
    this.#underWay.delete(producerId);
  }
}
