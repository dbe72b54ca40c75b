/**
 * A compressed trie (Morrison's PATRICIA) of the texts that somebody looked for. A state that grows by appends
 * is a place in it: what is no prefix of any such text will never be one, however it grows, and needs no name.
 * So a step costs the length of what is appended and not of what was there.
 */
import { assert } from "#engines/env/index.js";

/** A place: where the text so far ends, on the way to a node. */
export type Place = number;

/** No text that was looked for starts like this. */
export const NOWHERE: Place = -1;

const ROOT = 0;

export class PrefixTree {
  /** By node: a text that passes through it. */
  readonly #texts: string[] = [""];
  /** By node: how many characters of its text lead to it. */
  readonly #depths: number[] = [0];
  readonly #children: Map<number, number>[] = [new Map()];
  /** By node: the greatest weight of the texts that pass through it. */
  #weights: number[] = [];
  /** By node: its number in a walk, and the last number below it. */
  #numbers: number[] = [];
  #lastBelow: number[] = [];
  /** By index of a text: the node at which it ends. */
  readonly #ends: readonly number[];
  /** Places are numbered as node * width + depth. */
  readonly #width: number;

  /** `weights`: of the text at the same index. */
  constructor(texts: readonly string[], weights: readonly number[]) {
    this.#width = texts.reduce((longest, text) => Math.max(longest, text.length), 0) + 1;
    this.#ends = texts.map((text) => this.#insert(text));
    const own = new Map<number, number>();
    this.#ends.forEach((node, i) => own.set(node, Math.max(own.get(node) ?? NOWHERE, weights[i]!)));
    this.#number(own);
  }

  /** The place of the empty text. */
  get start(): Place {
    return this.#place(ROOT, 0);
  }

  /** Where the text at this index of those looked for ends. */
  endOf(index: number): Place {
    const node = this.#ends[index]!;
    return this.#place(node, this.#depths[node]!);
  }

  /** Where `more` leads from a place. */
  grow(from: Place, more: string): Place {
    if (from === NOWHERE) return NOWHERE;
    let node = this.#nodeOf(from);
    let depth = from - node * this.#width;
    for (let i = 0; i < more.length; i++) {
      const code = more.charCodeAt(i);
      if (depth === this.#depths[node]) {
        const child = this.#children[node]!.get(code);
        if (child === undefined) return NOWHERE;
        node = child;
      } else if (this.#texts[node]!.charCodeAt(depth) !== code) {
        return NOWHERE;
      }
      depth++;
    }
    return this.#place(node, depth);
  }

  /** The greatest weight of the texts that start with what leads to the place. */
  weightOf(place: Place): number {
    return place === NOWHERE ? NOWHERE : this.#weights[this.#nodeOf(place)]!;
  }

  /** True where the text of `longer`, which is the end of a text of the tree, starts with that of `place`. */
  leadsTo(place: Place, longer: Place): boolean {
    if (place === NOWHERE || longer === NOWHERE) return false;
    const node = this.#nodeOf(place);
    const number = this.#numbers[this.#nodeOf(longer)]!;
    return this.#numbers[node]! <= number && number <= this.#lastBelow[node]!;
  }

  #nodeOf(place: Place): number {
    return Math.floor(place / this.#width);
  }

  #place(node: number, depth: number): Place {
    return node * this.#width + depth;
  }

  #add(text: string, depth: number): number {
    this.#texts.push(text);
    this.#children.push(new Map());
    return this.#depths.push(depth) - 1;
  }

  /** The node at which the text ends. */
  #insert(text: string): number {
    let node = ROOT;
    for (;;) {
      const depth = this.#depths[node]!;
      if (depth === text.length) return node;
      const code = text.charCodeAt(depth);
      const child = this.#children[node]!.get(code);
      if (child === undefined) {
        const leaf = this.#add(text, text.length);
        this.#children[node]!.set(code, leaf);
        return leaf;
      }
      const other = this.#texts[child]!;
      const end = Math.min(this.#depths[child]!, text.length);
      let same = depth + 1;
      while (same < end && text.charCodeAt(same) === other.charCodeAt(same)) same++;
      node = same === this.#depths[child] ? child : this.#split(node, child, same, code);
    }
  }

  /** Puts a node between `parent` and `child`. */
  #split(parent: number, child: number, depth: number, code: number): number {
    const text = this.#texts[child]!;
    const middle = this.#add(text, depth);
    this.#children[middle]!.set(text.charCodeAt(depth), child);
    this.#children[parent]!.set(code, middle);
    return middle;
  }

  /** Numbers the nodes parents first, and gathers weights from below. */
  #number(own: ReadonlyMap<number, number>): void {
    const order: number[] = [];
    const parents: number[] = [];
    const waiting = [ROOT];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      this.#numbers[node] = order.push(node) - 1;
      for (const child of this.#children[node]!.values()) {
        parents[child] = node;
        waiting.push(child);
      }
    }
    this.#weights = this.#texts.map((_, node) => own.get(node) ?? NOWHERE);
    this.#lastBelow = this.#numbers.slice();
    for (let i = order.length - 1; i > 0; i--) {
      const node = order[i]!;
      const parent = parents[node]!;
      assert(this.#numbers[parent]! < i, "parents come first");
      this.#weights[parent] = Math.max(this.#weights[parent]!, this.#weights[node]!);
      this.#lastBelow[parent] = Math.max(this.#lastBelow[parent]!, this.#lastBelow[node]!);
    }
  }
}
