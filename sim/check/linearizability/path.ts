/** How configurations were reached: a tree of operations, kept only while an explanation is looked for. */

/** The node of the empty path. */
export const ROOT = -1;

export class PathTree {
  readonly #parents: number[] = [];
  /** By node: the operation, or the complement of a crashed class, of which any operation will do. */
  readonly #steps: number[] = [];
  readonly #depths: number[] = [];

  add(parent: number, step: number): number {
    this.#parents.push(parent);
    this.#depths.push(this.depthOf(parent) + 1);
    return this.#steps.push(step) - 1;
  }

  depthOf(node: number): number {
    return node === ROOT ? 0 : this.#depths[node]!;
  }

  /** The steps from the root to the node. */
  stepsTo(node: number): number[] {
    const steps: number[] = [];
    for (let at = node; at !== ROOT; at = this.#parents[at]!) steps.push(this.#steps[at]!);
    return steps.reverse();
  }
}
