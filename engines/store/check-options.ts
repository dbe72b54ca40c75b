import { badArgument } from "./errors.js";

/** Throws STORE_BAD_ARGUMENT for what is no options of a store. What each of them may be, the store says itself. */
export function checkOptions(options: { readonly directory: string }): void {
  // Plain JavaScript gives anything.
  const given = options as { readonly directory: unknown } | null | undefined;
  if (typeof given !== "object" || given === null) throw badArgument("options", kindOf(given), "open");
  const { directory } = given;
  if (typeof directory !== "string") throw badArgument("a path", kindOf(directory), "option directory");
  if (directory === "") throw badArgument("a directory below the root", "the root", "option directory");
}

/** Throws STORE_BAD_ARGUMENT. */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw badArgument(`an integer from ${min} to ${max}`, String(value), `option ${name}`);
  }
}

/** Throws STORE_BAD_ARGUMENT. */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- plain JavaScript gives anything
  throw badArgument(`one of ${choices.join(", ")}`, String(value), `option ${name}`);
}

/** What a value is, for people. */
export function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
