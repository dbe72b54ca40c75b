/** The typed errors of the host. */
import { SeedstormError } from "#engines/env/index.js";
import { printable } from "#reports/printable.js";

/** What the user asked for makes no sense. The command line prints it in one line and exits with 2. */
export class UsageError extends SeedstormError {
  /** `where` names the option or the argument. */
  constructor(where: string, expected: string, found: string, todo: string) {
    super("USAGE", { expected, found, where, todo });
  }

  /** The one line for the terminal. */
  get line(): string {
    return errorLine(this);
  }
}

/** An error about what the user gave, in one line for the terminal. */
export function errorLine(error: SeedstormError): string {
  const { where, expected, found, todo } = error.parts;
  const line = `${where}: expected ${expected}, found ${found === "" ? '""' : found}; ${todo}`;
  return printable(line.replaceAll(/\s*\n\s*/g, " "));
}

/** Code inside the world called something that would make the run depend on more than its seed. */
export class ForbiddenCall extends SeedstormError {
  constructor(what: string, caller: string) {
    super("FORBIDDEN_CALL", {
      expected: "only calls to the environment",
      found: what,
      where: caller,
      todo: "take time and randomness from the env",
    });
  }
}

/** Microtasks did not run when the loop asked for it: nothing it does could be trusted. */
export class DrainFailed extends SeedstormError {
  constructor(found: string) {
    super("DRAIN_FAILED", {
      expected: "microtasks to run to their end between two events",
      found,
      where: "the loop of the world",
      todo: 'use the "async" drain',
    });
  }
}

/** The pool cannot go on: not because of a seed, but because no worker gets as far as one. */
export class PoolFailed extends SeedstormError {
  constructor(found: string) {
    super("POOL_FAILED", {
      expected: "a worker that starts and takes seeds",
      found,
      where: "the pool of workers",
      todo: "check that the scenario's module loads in a fresh process",
    });
  }
}
