/** Numbers and times in words, the same on every machine. */

/** 1234567 as `1,234,567`. */
export function thousands(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** A duration for people, three digits or so: `850 ms`, `4.91 s`, `12.3 min`, `3.40 h`. */
export function duration(durationUs: number): string {
  const scales: [unit: string, us: number][] = [
    ["h", 3_600_000_000],
    ["min", 60_000_000],
    ["s", 1_000_000],
    ["ms", 1_000],
  ];
  for (const [unit, us] of scales) {
    if (durationUs >= us) return `${threeDigits(durationUs / us)} ${unit}`;
  }
  return `${durationUs} us`;
}

/** 204.13 as `204`, 4.9123 as `4.91`. */
export function threeDigits(value: number): string {
  if (value >= 100) return thousands(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A simulated time as the timeline prints it and `--from` takes it: `1.250000s`. */
export function clockTime(timeUs: number): string {
  const seconds = Math.floor(timeUs / 1_000_000);
  return `${seconds}.${String(timeUs % 1_000_000).padStart(6, "0")}s`;
}

/** `1 seed`, `2 seeds`. */
export function plural(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}
