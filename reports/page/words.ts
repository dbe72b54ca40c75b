/** Texts that are repeated often, each kept once. */
import type { Word } from "./shared/model.js";

export class Words {
  readonly list: string[] = [];
  readonly #index: Map<string, Word> = new Map();

  add(text: string): Word {
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.#index.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}
