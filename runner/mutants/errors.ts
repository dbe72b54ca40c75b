import { SeedstormError } from "#engines/env/index.js";

/** A mutant, or what is recorded of one, does not fit the code as it stands. `where` names the mutant. */
export class MutantError extends SeedstormError {
  constructor(where: string, expected: string, found: string, todo: string) {
    super("MUTANT", { expected, found, where, todo });
  }

  /** The one line for the terminal. */
  get line(): string {
    const { expected, found, where, todo } = this.parts;
    return `${where}: expected ${expected}, found ${found}; ${todo}`.replaceAll(/\s*\n\s*/g, " ");
  }
}
