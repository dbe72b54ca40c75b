import { FrameQueue, type Frame } from "./frame.js";

/** Which page goes when another one needs its place. Knows nothing of pins or of dirt: `mayGo` does. */
export interface EvictionPolicy {
  /** A page came in. */
  added(frame: Frame): void;
  /** Somebody looked at it. Called for every look: it has to be cheap. */
  touched(frame: Frame): void;
  /** It is no longer there. */
  removed(frame: Frame): void;
  /** The first to go of those that may; it stays until `removed`. Undefined where none may. */
  victim(mayGo: (frame: Frame) => boolean): Frame | undefined;
}

export type EvictionKind = "lru" | "hot-cool";

/** A policy for a pool of so many pages. */
export function makePolicy(kind: EvictionKind, capacityPages: number): EvictionPolicy {
  return kind === "lru" ? new LruPolicy() : new HotCoolPolicy(capacityPages);
}

/** The page goes that nobody has looked at for the longest time. One scan of everything empties the pool. */
export class LruPolicy implements EvictionPolicy {
  readonly #frames: FrameQueue = new FrameQueue();

  added(frame: Frame): void {
    this.#frames.add(frame);
  }

  touched(frame: Frame): void {
    if (frame === this.#frames.newest) return;
    this.#frames.remove(frame);
    this.#frames.add(frame);
  }

  removed(frame: Frame): void {
    this.#frames.remove(frame);
  }

  victim(mayGo: (frame: Frame) => boolean): Frame | undefined {
    return this.#frames.find(mayGo);
  }
}

/** The looks of one operation at a page are one use of it. So many pages may come in meanwhile. */
const SAME_USE_PAGES = 8;

/**
 * One bit a page: hot or cool. A page comes in cool, and gets hot when it is used a second time before its turn to
 * go; pages go in the order in which they became cool. So a scan, which uses each page once, costs no hot page its
 * place (2Q's A1 queue, Johnson and Shasha, VLDB '94). Where fewer than a quarter are cool, the hot ones that have
 * been so for the longest time get cool, and hot again if they are used (LeanStore's cooling stage, ICDE '18). A
 * look at a hot page costs nothing, unlike in an LRU list.
 */
export class HotCoolPolicy implements EvictionPolicy {
  readonly #hot: FrameQueue = new FrameQueue();
  readonly #cool: FrameQueue = new FrameQueue();
  readonly #coolPages: number;
  readonly #sameUsePages: number;
  #arrivals = 0;

  constructor(capacityPages: number) {
    this.#coolPages = Math.max(1, capacityPages >>> 2);
    this.#sameUsePages = Math.min(SAME_USE_PAGES, capacityPages >>> 3);
  }

  added(frame: Frame): void {
    this.#arrivals++;
    frame.isHot = false;
    frame.usedAt = -1;
    this.#cool.add(frame);
  }

  touched(frame: Frame): void {
    if (frame.isHot) return;
    if (frame.usedAt < 0) frame.usedAt = this.#arrivals;
    else if (this.#arrivals - frame.usedAt > this.#sameUsePages) {
      this.#cool.remove(frame);
      frame.isHot = true;
      this.#hot.add(frame);
    }
  }

  removed(frame: Frame): void {
    (frame.isHot ? this.#hot : this.#cool).remove(frame);
  }

  victim(mayGo: (frame: Frame) => boolean): Frame | undefined {
    while (this.#cool.length < this.#coolPages && this.#hot.oldest !== undefined) {
      const frame = this.#hot.oldest;
      this.#hot.remove(frame);
      frame.isHot = false;
      // It was used before: the next use is the second one.
      frame.usedAt = this.#arrivals - this.#sameUsePages - 1;
      this.#cool.add(frame);
    }
    return this.#cool.find(mayGo) ?? this.#hot.find(mayGo);
  }
}
