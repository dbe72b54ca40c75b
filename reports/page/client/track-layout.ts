/** Where tracks lie. All in CSS pixels. */
import { AXIS_HEIGHT, type Frame } from "./layout.js";
import type { Scene } from "./scene.js";
import type { Track } from "./tracks.js";

export interface TrackBox {
  readonly track: Track;
  /** Whether it is the first of its group, and stands for the group. */
  readonly isHead: boolean;
  readonly top: number;
  readonly bottom: number;
  /** Between these heights its numbers are drawn; the same where it has none. */
  readonly plotTop: number;
  readonly plotBottom: number;
}

export interface TrackLayout extends Frame {
  readonly boxes: readonly TrackBox[];
}

/** The height of a span's text. */
export const BAND = 17;
const PLOT = 42;
/** Where there are no numbers, the texts of marks stand alone. */
const MARKS = 14;
const GAP = 3;
const GROUP_GAP = 7;

export function trackLayoutOf(scene: Scene, { width, gutter }: Frame): TrackLayout {
  let at = AXIS_HEIGHT;
  const boxes = scene.visibleTracks.map((track, i, all): TrackBox => {
    const isHead = all[i - 1]?.group !== track.group;
    if (isHead && i > 0) at += GROUP_GAP;
    const top = at;
    const plotTop = top + BAND;
    const plotBottom = plotTop + (track.lines.length > 0 ? PLOT : track.marks.length > 0 ? MARKS : 0);
    at = plotBottom + GAP;
    return { track, isHead, top, plotTop, plotBottom, bottom: plotBottom };
  });
  return { width, gutter, boxes, height: at + 2 };
}
