/** Numbers of tracks to heights. */
import type { Brush } from "./paint/brush.js";
import type { TrackBox, TrackLayout } from "./track-layout.js";

/** From the least number of a group that is in view to the greatest. */
export interface TrackScale {
  readonly least: number;
  readonly most: number;
}

/** Room for the numbers themselves, above and below the lines. */
const NUMBER_ROOM = 12;

/** By the group; none where it has no numbers in view. */
export function scalesOf({ layout, fromUs, untilUs }: Brush<TrackLayout>): Map<string, TrackScale> {
  const scales = new Map<string, TrackScale>();
  for (const { track } of layout.boxes) {
    for (const { steps } of track.lines) {
      for (const { value, fromUs: beginUs, untilUs: endUs } of steps) {
        if (value === undefined || beginUs > untilUs || endUs < fromUs) continue;
        const { least = value, most = value } = scales.get(track.group) ?? {};
        scales.set(track.group, { least: Math.min(least, value), most: Math.max(most, value) });
      }
    }
  }
  return scales;
}

export function yOf({ plotTop, plotBottom }: TrackBox, { least, most }: TrackScale, value: number): number {
  const room = plotBottom - plotTop - 2 * NUMBER_ROOM;
  const share = most === least ? 0.5 : (value - least) / (most - least);
  return plotBottom - NUMBER_ROOM - share * room;
}
