/**
 * An order of chains made for mismatches, the compare-and-sets that met another value: every chain as late as
 * it can be, as that leaves the value before it in place the longest; but where a mismatch is about to end that
 * has met nothing but its own value so far, the next chain that can comes first. A heuristic: where no room for
 * all mismatches is in it, nothing is proven.
 */
import { DIFFERS, SET } from "./action.js";
import { isForward, type Chain, type Chains } from "./chains.js";
import { NEVER, type Partition } from "./partition.js";
import type { ValueOperations } from "./values.js";

/** No chain: that of a mismatch, or of what never took effect. */
const NONE = -1;

export class LazyOrder {
  readonly #part: Partition<unknown, unknown>;
  readonly #actions: ValueOperations;
  readonly #chains: readonly Chain[];
  /** By operation: its chain. */
  readonly #chainOf: Int32Array;
  /** By chain: the value that it leaves behind, and the rank at which it can begin. */
  readonly #leaves: Int32Array;
  readonly #begins: Int32Array;
  /** Forward chains, in their order; then the place in it. */
  readonly #forward: readonly number[];
  #nextForward = 0;
  /** By rank: the first end among the backward chains whose last start is later. */
  readonly #firstEndLater: Int32Array;
  /** Backward chains that could come now. */
  readonly #ready: number[] = [];
  readonly #placed: Uint8Array;
  readonly #order: Chain[] = [];
  /** The chain placed last, and when. The first one is that of the initial value. */
  #current = 0;
  #since = NONE;

  constructor(part: Partition<unknown, unknown>, actions: ValueOperations, { chains, sequence }: Chains) {
    this.#part = part;
    this.#actions = actions;
    this.#chains = chains;
    this.#chainOf = new Int32Array(part.operations.length).fill(NONE);
    this.#leaves = new Int32Array(chains.length).fill(actions.initial);
    this.#begins = new Int32Array(chains.length).fill(NONE);
    this.#placed = new Uint8Array(chains.length);
    this.#firstEndLater = new Int32Array(part.events.length).fill(NEVER);
    chains.forEach((chain, c) => {
      for (let at = chain.from; at < chain.to; at++) {
        const operation = sequence[at]!;
        this.#chainOf[operation] = c;
        if (actions.effect[operation] === SET) this.#leaves[c] = actions.operand[operation]!;
      }
      if (c > 0) this.#begins[c] = part.invokedAt[sequence[chain.from]!]!;
      if (!isForward(chain)) this.#firstEndLater[chain.lastStart] = chain.firstEnd;
    });
    for (let at = part.events.length - 2; at >= 0; at--) {
      this.#firstEndLater[at] = Math.min(this.#firstEndLater[at]!, this.#firstEndLater[at + 1]!);
    }
    this.#forward = chains
      .flatMap((chain, c) => (c > 0 && isForward(chain) ? [c] : []))
      .sort((a, b) => chains[a]!.firstEnd - chains[b]!.firstEnd);
  }

  build(): Chain[] {
    this.#place(0, NONE);
    for (let at = 0; at < this.#part.events.length; at++) {
      const event = this.#part.events[at]!;
      const operation = event < 0 ? ~event : event;
      const c = this.#chainOf[operation]!;
      if (c === NONE) {
        if (event < 0 && this.#actions.guard[operation] === DIFFERS) this.#makeRoom(operation, at);
      } else if (this.#placed[c] === 0) {
        const chain = this.#chains[c]!;
        if (at === chain.firstEnd) this.#place(c, at);
        else if (at === chain.lastStart && !isForward(chain)) this.#ready.push(c);
      }
    }
    return this.#order;
  }

  /** Puts a chain next, behind those that must come before it. */
  #place(c: number, at: number): void {
    const chain = this.#chains[c]!;
    const first = this.#ready.filter(
      (other) => other !== c && this.#chains[other]!.firstEnd < chain.lastStart,
    );
    first.sort((a, b) => this.#chains[a]!.firstEnd - this.#chains[b]!.firstEnd);
    for (const each of [...first, c]) {
      this.#placed[each] = 1;
      this.#order.push(this.#chains[each]!);
      if (this.#ready.includes(each)) this.#ready.splice(this.#ready.indexOf(each), 1);
    }
    this.#current = c;
    this.#since = at;
  }

  /** The mismatch ends now. If it has met its own value alone, and that may change now, changes it. */
  #makeRoom(mismatch: number, at: number): void {
    const value = this.#actions.expected[mismatch]!;
    const current = this.#chains[this.#current]!;
    if (this.#leaves[this.#current] !== value || current.lastStart > at) return;
    if (this.#since > this.#part.invokedAt[mismatch]!) return;
    const next = this.#nextBackward(value) ?? this.#nextForwardAt(at);
    if (next !== undefined) this.#place(next, at);
  }

  /** The one that must come soonest. */
  #nextBackward(value: number): number | undefined {
    let best: number | undefined;
    for (const c of this.#ready) {
      if (this.#leaves[c] === value) continue;
      if (best === undefined || this.#chains[c]!.firstEnd < this.#chains[best]!.firstEnd) best = c;
    }
    return best;
  }

  #nextForwardAt(at: number): number | undefined {
    while (this.#placed[this.#forward[this.#nextForward]!] === 1) this.#nextForward++;
    const c = this.#forward[this.#nextForward];
    if (c === undefined || this.#begins[c]! > at) return undefined;
    return this.#firstEndLater[at]! > this.#chains[c]!.lastStart ? c : undefined;
  }
}
