/** The network's view of the faults: which can strike at all, whether one strikes a message, and how hard. */
import { site, type Decisions, type Site } from "../decisions.js";
import type { Fault, FaultKind, Faults } from "../faults/index.js";
import type { Link } from "./link.js";

/** The identity of a message on the link that it is sent over. */
export interface SendId {
  /** Number of the message among those of its sender's incarnation on this link, from 0. */
  readonly number: number;
  /** The sender's. */
  readonly incarnation: number;
}

/** The link as a whole; incarnations count from 1. */
export const LINK_ID: SendId = { number: 0, incarnation: 0 };

/** A delay with a heavy tail: exponential, with a mean drawn over so many doublings of a millisecond. */
export interface HeavyTail {
  readonly doublings: number;
  readonly scale: Site;
  readonly length: Site;
}

/** Means of 1 ms to 2 s. */
export const SLOWNESS: HeavyTail = heavyTail("network/slow", 12);
/** Means of 1 ms to 1 s. */
export const CLOG_LENGTH: HeavyTail = heavyTail("network/clog", 11);
/** Means of 1 ms to 64 ms: it takes some messages behind it to be seen. */
export const HOLD_BACK: HeavyTail = heavyTail("network/hold-back", 7);
/** Means of 1 ms to 512 ms: old copies are the mean ones. */
export const COPY_DELAY: HeavyTail = heavyTail("network/copy-delay", 10);

const TAIL_UNIT_US = 1_000;

export class LinkFaults {
  // Looked up once: the path that asks them runs for every message.
  readonly loses: boolean;
  readonly corrupts: boolean;
  readonly duplicates: boolean;
  readonly reorders: boolean;
  readonly slows: boolean;
  readonly clogs: boolean;
  readonly narrows: boolean;
  readonly bounds: boolean;
  /** Whether anything can strike a link at all, partitions aside. */
  readonly any: boolean;
  readonly #source: Faults;
  readonly #decisions: Decisions;

  constructor(source: Faults) {
    const on = (kind: FaultKind): boolean => source.enabled(kind);
    this.#source = source;
    this.#decisions = source.decisions;
    this.loses = on("message-loss");
    this.corrupts = on("message-corrupt");
    this.duplicates = on("message-duplicate");
    this.reorders = on("message-reorder");
    this.slows = on("slow-link");
    this.clogs = on("link-clog");
    this.narrows = on("bandwidth");
    this.bounds = on("link-overflow");
    this.any =
      this.loses ||
      this.corrupts ||
      this.duplicates ||
      this.reorders ||
      this.slows ||
      this.clogs ||
      this.narrows ||
      this.bounds;
  }

  /** See `Faults.strike`; the node is the sender. */
  strike(kind: FaultKind, link: Link, id: SendId): Fault | undefined {
    return this.#source.strike(kind, link.from, link.to.index, id.number, id.incarnation, () =>
      id === LINK_ID ? link.name : `${link.name}, message ${id.number}`,
    );
  }

  /** The `n`-th integer in [0, bound) that belongs to the fault with this identity. */
  detail(bound: number, kind: FaultKind, link: Link, id: SendId, n = 0): number {
    const c = id.incarnation ^ Math.imul(n, 0x9e3779b1);
    return this.#source.detail(bound, kind, link.from, link.to.index, id.number, c);
  }

  delayUs(tail: HeavyTail, link: Link, id: SendId): number {
    const [from, to] = [link.from.index, link.to.index];
    const decisions = this.#decisions;
    const scale = decisions.below(tail.doublings, tail.scale, from, to, id.number, id.incarnation);
    return decisions.exponential(
      TAIL_UNIT_US * (1 << scale),
      tail.length,
      from,
      to,
      id.number,
      id.incarnation,
    );
  }
}

function heavyTail(name: string, doublings: number): HeavyTail {
  return { doublings, scale: site(`${name}-scale`), length: site(name) };
}
