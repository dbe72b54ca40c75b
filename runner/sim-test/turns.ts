/** The guard of a run holds for the whole process, so that only one world may be on at a time. */

let last: Promise<unknown> = Promise.resolve();

/** Runs `work` once everything that was asked for before is done. `work` does not reject. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine;
  return mine;
}
