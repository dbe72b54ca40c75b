/**
 * Numbers the operations of one kind on one file or directory. It begins anew with each incarnation, so that an
 * operation more in an earlier life shifts no decision of a later one.
 */
export class OperationCount {
  #incarnation = 0;
  #count = 0;

  next(incarnation: number): number {
    if (this.#incarnation !== incarnation) {
      this.#incarnation = incarnation;
      this.#count = 0;
    }
    return ++this.#count;
  }
}
