import type { BrokerEpoch, Offset } from "../types.js";

/** A follower's end of which nobody has heard in this leadership: below every offset. */
const UNKNOWN: Offset = -1;

/** What a leader knows of one follower, in one leadership. */
export class FollowerState {
  /** Where it fetched last: it has everything below. */
  logEndOffset: Offset = UNKNOWN;
  logStartOffset: Offset = 0;
  /** The life in which it fetched last (KIP-903); undefined before its first fetch. */
  brokerEpoch: BrokerEpoch | undefined;
  /** When it had last all that the leader had at that time. */
  lastCaughtUpUs: number;
  /** That it was told last; it is told at once where it is another. */
  toldHighWatermark: Offset = UNKNOWN;
  #lastFetchUs: number;
  #leaderEndAtLastFetch: Offset = UNKNOWN;

  /** Who is in the ISR when a leadership begins has the whole lag from then on. */
  constructor(nowUs: number, isInSync: boolean, maxLagUs: number) {
    this.lastCaughtUpUs = isInSync ? nowUs : nowUs - maxLagUs - 1;
    this.#lastFetchUs = this.lastCaughtUpUs;
  }

  /**
   * It asks for what is from `fetchOffset` on. One that asks for what was the leader's end at its fetch before was
   * caught up then, however much has come since (KAFKA-2143).
   */
  fetched(
    fetchOffset: Offset,
    logStartOffset: Offset,
    epoch: BrokerEpoch,
    leaderEnd: Offset,
    nowUs: number,
  ): void {
    if (fetchOffset >= leaderEnd) this.#caughtUpAt(nowUs);
    else if (this.#leaderEndAtLastFetch !== UNKNOWN && fetchOffset >= this.#leaderEndAtLastFetch) {
      this.#caughtUpAt(this.#lastFetchUs);
    }
    this.logEndOffset = fetchOffset;
    this.logStartOffset = logStartOffset;
    this.brokerEpoch = epoch;
    this.#lastFetchUs = nowUs;
    this.#leaderEndAtLastFetch = leaderEnd;
  }

  isWithinLag(leaderEnd: Offset, nowUs: number, maxLagUs: number): boolean {
    return this.logEndOffset === leaderEnd || nowUs - this.lastCaughtUpUs <= maxLagUs;
  }

  #caughtUpAt(timeUs: number): void {
    this.lastCaughtUpUs = Math.max(this.lastCaughtUpUs, timeUs);
  }
}
