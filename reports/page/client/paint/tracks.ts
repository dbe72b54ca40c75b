/** Tracks: spans as bands, numbers as steps, marks, and when the node of a track was down. */
import { AXIS_HEIGHT } from "../layout.js";
import { BAND, HEAD, type TrackBox, type TrackLayout } from "../track-layout.js";
import { yOf, type TrackScale } from "../track-scale.js";
import { timeOf } from "../scene.js";
import { itemAt, type Line, type TrackItem } from "../tracks.js";
import { BOLD, clamp, FONT, hatch, label, type Brush } from "./brush.js";

type TrackBrush = Brush<TrackLayout>;

export interface MarkAt {
  readonly item: TrackItem;
  readonly box: TrackBox;
  readonly x: number;
}

const SMALL = "10px system-ui, sans-serif";
const NAME_LEFT = 4;
/** A number beside its line. */
const NUMBER_RISE = 7;
/** The text of a mark, beside its line and above the bottom. */
const BESIDE = 5;
const MARK_RISE = 7;
/** How much of a colour a band has. */
const STRONG = 0.42;
const PALE = 0.14;

export function paintTracks(brush: TrackBrush, scales: ReadonlyMap<string, TrackScale>): MarkAt[] {
  const { boxes } = brush.layout;
  for (const box of boxes) paintGround(brush, box);
  for (const box of boxes) {
    for (const span of inView(brush, box.track.spans)) paintSpan(brush, box, span);
    paintDowntimes(brush, box);
    const scale = scales.get(box.track.group);
    // What is filled lies behind.
    const lines = box.track.lines.toSorted((a, b) => Number(b.isFilled) - Number(a.isFilled));
    if (scale !== undefined) for (const line of lines) paintLine(brush, box, line, scale);
  }
  const marks = boxes.flatMap((box) => paintMarks(brush, box));
  paintSelected(brush);
  paintNames(brush);
  return marks;
}

function inView({ fromUs, untilUs }: TrackBrush, items: readonly TrackItem[]): TrackItem[] {
  return items.filter((item) => item.untilUs >= fromUs && item.fromUs <= untilUs);
}

function paintGround({ ctx, layout, theme }: TrackBrush, { top, bottom }: TrackBox): void {
  ctx.fillStyle = theme.card;
  ctx.fillRect(layout.gutter, top, layout.width - layout.gutter, bottom - top);
}

/** The text stands in a strip of the full colour, the numbers below it on a pale one: bands are seen at a glance. */
function paintSpan(brush: TrackBrush, { top, bottom, plotTop }: TrackBox, span: TrackItem): void {
  const { ctx, theme } = brush;
  const [from, until] = clamp(brush, span.fromUs, span.untilUs);
  const width = Math.max(1.5, until - from - 1);
  if (span.colour === -1) {
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.strokeRect(from + 0.5, top + 0.5, Math.max(0.5, width - 1), BAND - 2);
    ctx.setLineDash([]);
  } else {
    const colour = theme.keys[span.colour % theme.keys.length]!;
    ctx.fillStyle = colour;
    ctx.globalAlpha = span.isFaint ? PALE : STRONG;
    ctx.fillRect(from, top, width, BAND - 1);
    ctx.globalAlpha = PALE;
    if (!span.isFaint) ctx.fillRect(from, plotTop - 1, width, bottom - plotTop + 1);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, top, Math.min(3, width), BAND - 1);
  }
  ctx.fillStyle = theme.ink;
  ctx.textBaseline = "middle";
  const start = Math.max(from, brush.layout.gutter);
  label(brush, span.text, start + 6, top + BAND / 2, from + width - start - 8, { font: BOLD, halo: false });
}

function paintDowntimes(brush: TrackBrush, { track, top, bottom }: TrackBox): void {
  const { ctx, theme, scene } = brush;
  for (const { kind, lane, fromUs, untilUs } of scene.run.spans) {
    if (kind === "status" || lane !== track.lane || lane === -1) continue;
    if (untilUs < brush.fromUs || fromUs > brush.untilUs) continue;
    const [from, until] = clamp(brush, fromUs, untilUs);
    ctx.strokeStyle = kind === "down" ? theme.muted : theme.warn;
    ctx.lineWidth = 0.7;
    hatch(ctx, from, top, Math.max(1, until - from), bottom - top);
  }
}

function paintLine(brush: TrackBrush, box: TrackBox, line: Line, scale: TrackScale): void {
  const { ctx, theme } = brush;
  const steps = inView(brush, line.steps);
  let before: TrackItem | undefined;
  for (const step of steps) {
    if (step.value === undefined) {
      before = undefined;
      continue;
    }
    const [from, until] = clamp(brush, step.fromUs, step.untilUs);
    const y = yOf(box, scale, step.value);
    if (line.isFilled) {
      ctx.fillStyle = theme.muted;
      ctx.globalAlpha = 0.3;
      ctx.fillRect(from, y, until - from, box.plotBottom - y);
      ctx.globalAlpha = 1;
    }
    ctx.fillStyle = line.isFilled ? theme.muted : theme.ink;
    ctx.fillRect(from, y - 1, Math.max(2, until - from + 1), 2);
    if (before?.value !== undefined) paintRise(brush, from, yOf(box, scale, before.value), y, ctx.fillStyle);
    before = step;
  }
  ctx.fillStyle = theme.ink;
  steps.forEach((step, i) => paintNumber(brush, box, { line, step, scale, next: steps[i + 1] }));
}

/** A number that falls is rare, and what to look at. */
function paintRise({ ctx, theme }: TrackBrush, x: number, y1: number, y2: number, colour: string): void {
  const isFall = y2 > y1;
  ctx.fillStyle = isFall ? theme.warn : colour;
  const width = isFall ? 4 : 1.5;
  ctx.fillRect(x - width / 2, Math.min(y1, y2) - 1, width, Math.abs(y2 - y1) + 2);
}

interface NumberAt {
  readonly line: Line;
  readonly step: TrackItem;
  readonly next: TrackItem | undefined;
  readonly scale: TrackScale;
}

/** Above a line, below the edge of what is filled; where there is room until it changes. */
function paintNumber(brush: TrackBrush, box: TrackBox, { line, step, next, scale }: NumberAt): void {
  const { ctx, layout } = brush;
  if (step.value === undefined) return;
  if (line.isFilled && isSaidAlready(box, step, Math.max(step.fromUs, brush.fromUs))) return;
  const from = Math.max(brush.x(step.fromUs), layout.gutter) + 4;
  const until = next === undefined ? brush.x(step.untilUs) : brush.x(next.fromUs);
  ctx.font = SMALL;
  const text = String(step.value);
  if (ctx.measureText(text).width > Math.min(until, layout.width) - from - 2) return;
  const y = yOf(box, scale, step.value) + (line.isFilled ? NUMBER_RISE + 1 : -NUMBER_RISE);
  label(brush, text, from, y, until - from, { font: SMALL, leastPx: 0, halo: false });
}

/** Another line has the same number there. */
function isSaidAlready({ track }: TrackBox, { value }: TrackItem, timeUs: number): boolean {
  return track.lines.some(({ isFilled, steps }) => !isFilled && itemAt(steps, timeUs)?.value === value);
}

function paintMarks(brush: TrackBrush, box: TrackBox): MarkAt[] {
  const { ctx, theme, layout } = brush;
  const marks = inView(brush, box.track.marks).map((item) => ({ item, box, x: brush.x(item.fromUs) }));
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  const y = Math.max(box.plotBottom - MARK_RISE, box.top + BAND / 2);
  /** Where what lies to the right begins. */
  let limit = layout.width;
  for (let i = marks.length - 1; i >= 0; i--) {
    const { item, x } = marks[i]!;
    ctx.fillStyle = item.isBad ? theme.bad : theme.accent;
    paintSign(brush, box, x);
    const width = Math.ceil(ctx.measureText(item.text).width);
    const roomAfter = limit - x - 2 * BESIDE;
    const roomBefore = x - (marks[i - 1]?.x ?? layout.gutter) - 2 * BESIDE;
    const isBefore = roomAfter < width && roomBefore > roomAfter;
    const room = isBefore ? roomBefore : roomAfter;
    const at = isBefore ? x - BESIDE - Math.min(width, room) : x + BESIDE;
    label(brush, item.text, at, y, room, { leastPx: 40 });
    limit = isBefore && room >= 40 ? at : x;
  }
  return marks;
}

function paintSign({ ctx }: TrackBrush, { top, bottom }: TrackBox, x: number): void {
  ctx.fillRect(x - 1, top, 2, bottom - top);
  ctx.beginPath();
  ctx.moveTo(x - 5, top);
  ctx.lineTo(x + 5, top);
  ctx.lineTo(x, top + 7);
  ctx.fill();
}

function paintSelected(brush: TrackBrush): void {
  const { selection } = brush.scene;
  if (selection?.type !== "track") return;
  const { item } = selection;
  const box = brush.layout.boxes.find(({ track }) => track.index === item.track.index);
  if (box === undefined) return;
  const [from, until] = clamp(brush, item.fromUs, item.untilUs);
  brush.ctx.strokeStyle = brush.theme.accent;
  brush.ctx.lineWidth = 2;
  brush.ctx.strokeRect(from - 1, box.top - 1, Math.max(4, until - from), box.bottom - box.top + 2);
}

/** Names, over whatever reaches into their column; a group's own has the whole width. */
function paintNames(brush: TrackBrush): void {
  const { ctx, layout, theme } = brush;
  ctx.fillStyle = theme.paper;
  ctx.fillRect(0, 0, layout.gutter - 4, layout.height);
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.ink;
  for (const { track, headTop, top } of layout.boxes) {
    label(brush, track.name, NAME_LEFT, top + BAND / 2, layout.gutter - NAME_LEFT - 6);
    if (headTop === undefined) continue;
    label(brush, track.group, NAME_LEFT, headTop + HEAD / 2, layout.width - 2 * NAME_LEFT, { font: BOLD });
  }
}

/** When it broke, and the time of what is selected. */
export function paintMoments(brush: TrackBrush): void {
  const { ctx, scene, layout, theme } = brush;
  const line = (timeUs: number | undefined, colour: string, width: number): void => {
    const x = timeUs === undefined ? -1 : brush.x(timeUs);
    if (x < layout.gutter || x > layout.width) return;
    ctx.fillStyle = colour;
    ctx.fillRect(x - width / 2, AXIS_HEIGHT - 4, width, layout.height);
  };
  const { selection } = scene;
  line(selection === undefined ? undefined : timeOf(selection), theme.accent, 1);
  for (const { timeUs } of scene.run.findings) line(timeUs, theme.bad, 2);
}
