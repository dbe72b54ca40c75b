/** What every painter works with, and the strokes that several of them use. */
import type { Frame, Layout } from "../layout.js";
import type { Scene } from "../scene.js";
import { readable } from "../dom.js";
import type { Theme } from "../theme.js";
import { cut } from "../words.js";

export interface Brush<In extends Frame = Layout> {
  readonly ctx: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly layout: In;
  readonly theme: Theme;
  /** Pixels from the left of the canvas. */
  readonly x: (timeUs: number) => number;
  /** What is in view, with a little room on both sides. */
  readonly fromUs: number;
  readonly untilUs: number;
}

export const FONT = "11px system-ui, sans-serif";
export const BOLD = "600 11px system-ui, sans-serif";

export interface LabelStyle {
  readonly font?: string;
  readonly leastPx?: number;
  /** Keeps lines behind the text away from it. */
  readonly halo?: boolean;
}

/** A text that ends where its room ends; nothing where not even its start would be readable. */
export function label(
  { ctx, theme }: Pick<Brush, "ctx" | "theme">,
  text: string,
  x: number,
  y: number,
  roomPx: number,
  { font = FONT, leastPx = 22, halo = true }: LabelStyle = {},
): void {
  if (roomPx < leastPx) return;
  ctx.font = font;
  // Measuring costs time, and nobody reads so much in a picture.
  let shown = readable(cut(text, 240));
  if (ctx.measureText(shown).width > roomPx) {
    let keep = Math.min(shown.length, Math.floor(roomPx / 4));
    while (keep > 1 && ctx.measureText(`${shown.slice(0, keep)}…`).width > roomPx) keep--;
    shown = `${shown.slice(0, keep)}…`;
    if (keep < 2) return;
  }
  if (halo) {
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeText(shown, x, y);
  }
  ctx.fillText(shown, x, y);
}

/** Slanted lines over a box: seen without colours. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.beginPath();
  for (let at = x - height - (x % 7); at < x + width; at += 7) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.stroke();
  ctx.restore();
}

export function cross(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x - size, y - size);
  ctx.lineTo(x + size, y + size);
  ctx.moveTo(x + size, y - size);
  ctx.lineTo(x - size, y + size);
  ctx.stroke();
}

/** The part of an interval that is on the canvas: from where to where, in pixels. */
export function clamp(
  brush: Brush<Frame>,
  fromUs: number,
  untilUs: number,
): readonly [from: number, until: number] {
  const { gutter, width } = brush.layout;
  return [Math.max(brush.x(fromUs), gutter - 4), Math.min(brush.x(untilUs), width + 4)];
}
