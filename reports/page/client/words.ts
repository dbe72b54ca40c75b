/** Times and names in words. */

/** `1.250000s`, as the command line prints it and takes it. */
export function clockTime(timeUs: number): string {
  return `${Math.floor(timeUs / 1_000_000)}.${String(Math.floor(timeUs) % 1_000_000).padStart(6, "0")}s`;
}

/** `+850 us`, `12.3 ms`, `4.91 s`. */
export function duration(durationUs: number): string {
  if (durationUs < 1_000) return `${Math.round(durationUs)} us`;
  const [value, unit] = durationUs < 1_000_000 ? [durationUs / 1_000, "ms"] : [durationUs / 1_000_000, "s"];
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}

export function plural(count: number, noun: string): string {
  return `${String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",")} ${noun}${count === 1 ? "" : "s"}`;
}

export function cut(text: string, chars: number): string {
  return text.length > chars ? `${text.slice(0, chars - 1)}…` : text;
}
