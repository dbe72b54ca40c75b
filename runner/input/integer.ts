import { UsageError } from "../errors.js";

/** A whole number in [min, max]. Throws `UsageError` otherwise. `where` names the option. */
export function parseInteger(where: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^-?\d{1,16}$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
    const isEndless = max === Number.MAX_SAFE_INTEGER && !(value > max);
    const bounds = isEndless ? `from ${min}` : `in ${min}..${max}`;
    throw new UsageError(where, `a whole number ${bounds}`, JSON.stringify(text), "give one");
  }
  return value;
}
