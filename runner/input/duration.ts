import { UsageError } from "../errors.js";

const UNIT_US: ReadonlyMap<string, number> = new Map([
  ["us", 1],
  ["ms", 1_000],
  ["s", 1_000_000],
  ["m", 60_000_000],
  ["h", 3_600_000_000],
]);

/**
 * A duration such as `30s`, `1.5s`, `250ms` or `10m` in whole microseconds. Throws `UsageError` where it is
 * none, or not a whole number of microseconds. `where` names the option.
 */
export function parseDurationUs(where: string, text: string): number {
  const match = /^(\d+)(?:\.(\d{1,10}))?(us|ms|s|m|h)$/.exec(text);
  if (match === null) throw bad(where, text);
  const [, whole, fraction = "", unit] = match;
  const unitUs = UNIT_US.get(unit!)!;
  let scale = 1;
  for (let i = 0; i < fraction.length; i++) scale *= 10;
  const fractionUs = (Number(`0${fraction}`) * unitUs) / scale;
  const durationUs = Number(whole) * unitUs + fractionUs;
  if (!Number.isSafeInteger(durationUs)) throw bad(where, text);
  return durationUs;
}

function bad(where: string, text: string): UsageError {
  return new UsageError(
    where,
    "a duration in us, ms, s, m or h",
    JSON.stringify(text),
    "write it as 30s or 250ms",
  );
}
