/** Where tracks lie. All in CSS pixels. */
import { AXIS_HEIGHT, type Frame } from "./layout.js";
import type { Scene } from "./scene.js";
import type { Track } from "./tracks.js";

export interface TrackBox {
  readonly track: Track;
  /** Where the name of its group stands above it; undefined where it is not the first of its group. */
  readonly headTop: number | undefined;
  readonly top: number;
  readonly bottom: number;
  /** Between these heights its numbers are drawn, or the texts of its marks. */
  readonly plotTop: number;
  readonly plotBottom: number;
}

export interface TrackLayout extends Frame {
  readonly boxes: readonly TrackBox[];
}

/** The height of a span's text. */
export const BAND = 17;
/** The height of a group's name. */
export const HEAD = 17;
const PLOT = 42;
/** Where there are no numbers, the texts of marks stand alone. */
const MARKS = 14;
const GAP = 3;
const GROUP_GAP = 4;

export function trackLayoutOf(scene: Scene, { width, gutter }: Frame): TrackLayout {
  let at = AXIS_HEIGHT - GROUP_GAP;
  const boxes = scene.visibleTracks.map((track, i, all): TrackBox => {
    const isHead = all[i - 1]?.group !== track.group;
    if (isHead) at += GROUP_GAP + HEAD;
    const top = at;
    const plotTop = top + (track.spans.length > 0 ? BAND : 0);
    const room = track.lines.length > 0 ? PLOT : track.marks.length > 0 ? MARKS : 0;
    const plotBottom = Math.max(plotTop + room, top + BAND);
    at = plotBottom + GAP;
    return { track, headTop: isHead ? top - HEAD : undefined, top, plotTop, plotBottom, bottom: plotBottom };
  });
  return { width, gutter, boxes, height: at + 2 };
}
