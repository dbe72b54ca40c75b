import { SeedstormError } from "#engines/env/index.js";

/** What a dead incarnation's environment throws. Engines don't handle it; its errors are never findings. */
export class Crashed extends SeedstormError {
  constructor(node: string, incarnation: number) {
    super("CRASHED", {
      expected: "a running process",
      found: "one that was killed",
      where: `node ${node}, incarnation ${incarnation}`,
      todo: "nothing: the process is gone",
    });
  }
}
