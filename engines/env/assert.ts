import { SeedstormError } from "./errors.js";

/** An invariant of the code itself does not hold. Never caught by engines: in a run it is a finding. */
export class AssertionFailed extends SeedstormError {
  constructor(message: string) {
    super("ASSERTION_FAILED", {
      expected: message,
      found: "the opposite",
      where: "an assertion in the code (see the stack)",
      todo: "report it with the seed",
    });
  }
}

/** Throws `AssertionFailed` unless `condition` holds. `message` says what must hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** Throws `AssertionFailed` unless it is a whole number from 0 on that counts exactly. */
export function assertDurationUs(durationUs: number): void {
  assert(
    Number.isSafeInteger(durationUs) && durationUs >= 0,
    "a duration is a whole number of microseconds from 0 on",
  );
}

/** For a branch that the types or the protocol exclude. */
export function unreachable(message: string): never {
  throw new AssertionFailed(message);
}
