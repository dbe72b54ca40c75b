/**
 * Charts as SVG. They stretch to the width there is, so no text is inside: it would be stretched too, and stands
 * in the HTML around. Colours come from the page, by class.
 */
import type { Bins, RateSpan } from "./bins.js";
import { markup, type Markup } from "./markup.js";

/** The sides of the coordinates that charts are drawn in. */
const WIDTH = 100;
const HEIGHT = 40;
/** What is there is seen, however little it is. */
const LEAST = 1;

/** Steps over time, up to `mostPerSecond`. */
export function rateChart(spans: readonly RateSpan[], mostPerSecond: number, label: string): Markup {
  const endMs = spans.at(-1)?.untilMs ?? 1;
  const steps = spans.map(({ fromMs, untilMs, perSecond }) => {
    const y = HEIGHT - share(perSecond, mostPerSecond) * HEIGHT;
    return `L${at(share(fromMs, endMs) * WIDTH)} ${at(y)}H${at(share(untilMs, endMs) * WIDTH)}`;
  });
  const line = steps.join("").replace(/^L/, "M");
  const area = `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
  return markup`<svg class="plot" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="area" d="${area}"/><path class="line" d="${line}"/></svg>`;
}

/** A bar for each bin, and a line where the median is. */
export function histogramChart({ from, width, counts }: Bins, median: number, label: string): Markup {
  const most = Math.max(...counts);
  const step = WIDTH / counts.length;
  const gap = counts.length > 1 ? step * 0.12 : 0;
  const bars = counts.flatMap((count, i) => {
    if (count === 0) return [];
    const height = Math.max(LEAST, share(count, most) * HEIGHT);
    return `M${at(i * step)} ${HEIGHT}v${at(-height)}h${at(step - gap)}v${at(height)}z`;
  });
  const x = at(((median - from) / width + 0.5 / width) * step);
  return markup`<svg class="histogram" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="bars" d="${bars.join("")}"/><path class="median" d="M${x} 0V${HEIGHT}"/></svg>`;
}

/** A part of a bar: its class and what it counts. */
export type Segment = readonly [className: string, count: number];

/** Parts of `total`, one beside the other. The numbers stand beside it, so readers of a screen skip it. */
export function stackedBar(segments: readonly Segment[], total: number): Markup {
  let x = 0;
  const parts = segments.flatMap(([className, count]) => {
    if (count === 0) return [];
    const width = Math.max(LEAST, share(count, total) * WIDTH);
    const rect = markup`<rect class="${className}" x="${at(Math.min(x, WIDTH - LEAST))}" y="0" width="${at(width)}" height="10"/>`;
    x += width;
    return rect;
  });
  return markup`<svg class="bar" aria-hidden="true" viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none">${parts}</svg>`;
}

/** How long a bar is on a logarithmic scale, out of 1: 0 for nothing, and something for one. */
export function logShare(count: number, most: number): number {
  return most === 0 ? 0 : Math.log10(1 + count) / Math.log10(1 + most);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Two digits are finer than a screen. */
function at(coordinate: number): string {
  return String(Math.round(coordinate * 100) / 100);
}
