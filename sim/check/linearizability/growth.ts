/** Values that appends lengthen: what they become, how long anybody looks, and what must still be met. */
import { EQUALS, SET, textOf } from "./action.js";
import { NEVER, type Partition } from "./partition.js";
import { NOWHERE, PrefixTree, type Place } from "./prefix-tree.js";
import { OTHER, type ValueOperations } from "./values.js";

export class Growth {
  readonly #actions: ValueOperations;
  readonly #answeredAt: Int32Array;
  /** The texts that guards name. */
  readonly #tree: PrefixTree;
  /** By state: where its text stands in the tree, and when the last guard is over that names what it may become. */
  readonly #places: Place[] = [];
  readonly #lastLook: number[] = [];
  /** By place: the state whose value is that text. */
  readonly #states = new Map<Place, number>();
  /** By rank: the next operation to begin that met exactly one value, and the begin of the next that sets one. */
  readonly #nextDemand: Int32Array;
  readonly #nextSet: Int32Array;

  /** `lastLook`: by value, when the last guard is over that names it; negative where none does. */
  constructor(part: Partition<unknown, unknown>, actions: ValueOperations, lastLook: Int32Array) {
    this.#actions = actions;
    this.#answeredAt = part.answeredAt;
    const { numbers } = actions;
    const named = [...lastLook.keys()].filter(
      (value) => lastLook[value]! >= 0 && typeof numbers.valueOf(value) === "string",
    );
    this.#tree = new PrefixTree(
      named.map((value) => textOf(numbers.valueOf(value))),
      named.map((value) => lastLook[value]!),
    );
    const ends = new Map(named.map((value, i) => [value, this.#tree.endOf(i)]));
    for (let value = 0; value < lastLook.length; value++) {
      const place = ends.get(value) ?? this.#placeOf(value);
      this.#places.push(place);
      this.#lastLook.push(Math.max(lastLook[value]!, this.#tree.weightOf(place)));
      if (place !== NOWHERE && typeof numbers.valueOf(value) === "string") this.#states.set(place, value);
    }
    this.#nextDemand = new Int32Array(part.events.length);
    this.#nextSet = new Int32Array(part.events.length);
    this.#lookAhead(part, actions);
  }

  #placeOf(value: number): Place {
    if (value === OTHER) return NOWHERE;
    return this.#tree.grow(this.#tree.start, textOf(this.#actions.numbers.valueOf(value)));
  }

  append(state: number, suffix: number): number {
    const { numbers } = this.#actions;
    const place = this.#tree.grow(this.#places[state]!, textOf(numbers.valueOf(suffix)));
    if (place === NOWHERE) return OTHER;
    let grown = this.#states.get(place);
    if (grown === undefined) {
      grown = this.#places.push(place) - 1;
      this.#lastLook.push(this.#tree.weightOf(place));
      this.#states.set(place, grown);
    }
    return grown;
  }

  lastLookOf(state: number): number {
    return this.#lastLook[state]!;
  }

  /** The value that the next observer meets, where `state` can't become it and nothing sets another by then. */
  needAfter(state: number, now: number): number {
    const demand = this.#nextDemand[now]!;
    if (demand === NEVER || this.#nextSet[now]! < this.#answeredAt[demand]!) return -1;
    const value = this.#actions.expected[demand]!;
    const reachable =
      value === state ||
      (typeof this.#actions.numbers.valueOf(value) === "string" &&
        this.#tree.leadsTo(this.#places[state]!, this.#places[value]!));
    return reachable ? -1 : value;
  }

  #lookAhead({ events }: Partition<unknown, unknown>, { guard, effect }: ValueOperations): void {
    let demand = NEVER;
    let set = NEVER;
    for (let at = events.length - 1; at >= 0; at--) {
      this.#nextDemand[at] = demand;
      this.#nextSet[at] = set;
      const event = events[at]!;
      if (event < 0) continue;
      if (guard[event] === EQUALS && this.#answeredAt[event] !== NEVER) demand = event;
      if (effect[event] === SET) set = at;
    }
  }
}
