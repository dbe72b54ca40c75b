/** What a leader knows of another server's log, and how it sends to it (after etcd/raft's tracker). */
import { assert } from "../../env/index.js";
import type { LogIndex } from "../types.js";

/**
 * - `probe`: where the logs agree is not known; one append at a time.
 * - `replicate`: appends are sent one after the other without waiting, up to a bound in flight.
 * - `snapshot`: the log begins behind what the server needs; nothing is sent until it has the snapshot.
 */
export type ProgressState = "probe" | "replicate" | "snapshot";

export class Progress {
  readonly #maxInflight: number;
  /** Last index of each append that is in flight. */
  #inflight: LogIndex[] = [];
  #match: LogIndex = 0;
  #next: LogIndex;
  #state: ProgressState = "probe";
  #probeSent = false;
  /** It answered since the last check of the quorum. */
  isActive = false;
  /** It lost its state: until it is repaired, nothing that it holds counts. */
  isRepairing = false;
  /** The latest of the leader's rounds that it has answered. */
  ackedRound = 0;
  applied: LogIndex = 0;

  constructor(next: LogIndex, maxInflight: number) {
    this.#next = next;
    this.#maxInflight = maxInflight;
  }

  /** The logs are known to agree up to here, durably. */
  get match(): LogIndex {
    return this.#match;
  }

  /** The next entry to send. */
  get next(): LogIndex {
    return this.#next;
  }

  get state(): ProgressState {
    return this.#state;
  }

  /** Whether nothing may be sent now. */
  get isPaused(): boolean {
    if (this.#state === "probe") return this.#probeSent;
    return this.#state === "snapshot" || this.#inflight.length >= this.#maxInflight;
  }

  /** Notes an append with entries up to `last`, or with none (`last` is `next - 1`). */
  sent(last: LogIndex): void {
    if (this.#state === "probe") this.#probeSent = true;
    else if (last >= this.#next) {
      this.#inflight.push(last);
      this.#next = last + 1;
    }
  }

  /** A sign of life: what was in flight may be lost, so one more may go out. */
  resume(): void {
    this.#probeSent = false;
    if (this.#inflight.length >= this.#maxInflight) this.#inflight.shift();
  }

  /** The server has everything up to `index`. Answers may come late and twice: it never goes back. */
  accepted(index: LogIndex): void {
    this.#match = Math.max(this.#match, index);
    this.#next = Math.max(this.#next, index + 1);
    while (this.#inflight.length > 0 && this.#inflight[0]! <= index) this.#inflight.shift();
    if (this.#state === "probe") {
      this.#state = "replicate";
      this.#probeSent = false;
    }
  }

  /** The snapshot has arrived, or is not needed. */
  snapshotDone(): void {
    assert(this.#state === "snapshot", "only who needs a snapshot is done with one");
    this.#become("probe");
    this.#next = this.#match + 1;
  }

  /**
   * The append behind `refused` did not fit; `highest` is where the logs may agree. False for an answer that
   * is old.
   */
  refused(refused: LogIndex, highest: LogIndex): boolean {
    if (this.#state === "snapshot" || refused <= this.#match) return false;
    if (this.#state === "probe" && this.#next - 1 !== refused) return false;
    this.#become("probe");
    this.#next = Math.max(Math.min(refused, highest + 1), this.#match + 1);
    return true;
  }

  /** It has lost what it had. It is sent everything again, from behind `highest` on. */
  lost(highest: LogIndex): void {
    this.#match = 0;
    this.#next = highest + 1;
    this.#become("probe");
  }

  needsSnapshot(): void {
    this.#become("snapshot");
  }

  inspect(): ProgressInspection {
    const { match, next, state, isActive, isRepairing, applied } = this;
    return { match, next, state, inflight: this.#inflight.length, isActive, isRepairing, applied };
  }

  #become(state: ProgressState): void {
    this.#state = state;
    this.#probeSent = false;
    this.#inflight = [];
  }
}

/** For people: how far another server is, as its leader sees it. */
export interface ProgressInspection {
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly state: ProgressState;
  readonly inflight: number;
  readonly isActive: boolean;
  readonly isRepairing: boolean;
  readonly applied: LogIndex;
}
