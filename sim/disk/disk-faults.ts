/** The disk's view of the faults: which can strike at all, and whether one strikes here. */
import type { Fault, FaultKind, Faults, FaultTarget } from "../faults/index.js";

export class DiskFaults {
  readonly node: FaultTarget;
  readonly source: Faults | undefined;
  // Looked up once: the paths that ask them run for every write and every page.
  /** Whether a write can fail or be cut short. */
  readonly strikesWrites: boolean;
  readonly strikesReads: boolean;
  /** Whether reading a page from the platter can go wrong. */
  readonly strikesLoads: boolean;
  /** Whether writing a page back can go wrong in silence. */
  readonly strikesWriteBack: boolean;
  /** Whether older versions of the platter's pages must be kept. */
  readonly keepsPrevious: boolean;
  /** Whether the cache can differ from what a read of the platter gives, so that eviction can be seen. */
  readonly makesEvictionVisible: boolean;

  /** Without `source` nothing ever strikes. */
  constructor(node: FaultTarget, source: Faults | undefined) {
    const on = (...kinds: FaultKind[]): boolean => kinds.some((kind) => source?.enabled(kind) ?? false);
    this.node = node;
    this.source = source;
    this.strikesWrites = on("short-write", "enospc", "quota");
    this.strikesReads = on("short-read");
    this.strikesLoads = on("read-eio", "bit-rot", "misdirected-read", "stale-read");
    this.strikesWriteBack = on("lost-write", "misdirected-write");
    this.keepsPrevious = on("stale-read");
    this.makesEvictionVisible =
      this.strikesLoads || this.strikesWriteBack || on("fsync-eio-clean", "fsync-eio-late");
  }

  /** See `Faults.strike`. */
  strike(kind: FaultKind, a: number, b: number, c: number, target: () => string): Fault | undefined {
    return this.source?.strike(kind, this.node, a, b, c, target);
  }

  /** The `n`-th integer in [0, bound) that belongs to the fault with this identity. */
  detail(bound: number, kind: FaultKind, a: number, b: number, c: number, n = 0): number {
    return this.source!.detail(bound, kind, this.node, a, b, c ^ Math.imul(n, 0x9e3779b1));
  }
}
