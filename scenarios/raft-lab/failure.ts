/** An assertion of the lab does not hold. The suite turns it into a finding under the name of the test. */
export class LabFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LabFailure";
  }
}

/** Throws `LabFailure` unless `condition` holds. `message` says what was found instead. */
export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new LabFailure(message());
}
