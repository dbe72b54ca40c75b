/** Messages as arrows from lane to lane; what was lost is broken off. */
import type { Layout } from "../layout.js";
import type { Message } from "../run.js";
import { cross, FONT, label, type Brush } from "./brush.js";

/** Beyond so many in view, heads and names would only blur. */
const HEADS_MAX = 1_200;
const NAMES_MAX = 300;
const NAME_BELOW_LINE = 17;
/** How far a lost message comes. */
const LOST_SHARE = 0.55;
/** A message that is lost as it is sent still needs a direction to be seen. */
const STUB_PX = 16;

export interface Arrow {
  readonly message: Message;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Undefined where one of its lanes is hidden. */
export function arrowOf(message: Message, layout: Layout, x: (timeUs: number) => number): Arrow | undefined {
  const from = layout.byLane.get(message.from);
  const to = layout.byLane.get(message.to);
  if (from === undefined || to === undefined) return undefined;
  const [x1, y1, y2] = [x(message.sentUs), from.line, to.line];
  const x2 = x(message.endedUs);
  if (message.fate !== "lost") return { message, x1, y1, x2, y2 };
  const end = Math.min(Math.max(x2, x1 + STUB_PX), x1 + 160);
  return { message, x1, y1, x2: x1 + (end - x1) * LOST_SHARE, y2: y1 + (y2 - y1) * LOST_SHARE };
}

export function arrowsInView({ scene, layout, x, fromUs, untilUs }: Brush): Arrow[] {
  return scene.run.messages.flatMap((message) => {
    if (message.endedUs < fromUs || message.sentUs > untilUs || !scene.filter.showsMessage(message))
      return [];
    return arrowOf(message, layout, x) ?? [];
  });
}

export function paintMessages(brush: Brush, arrows: readonly Arrow[]): void {
  const { ctx, theme } = brush;
  const plain = arrows.filter(({ message }) => isPlain(message));
  const crowded = plain.length > HEADS_MAX;
  ctx.strokeStyle = theme.muted;
  ctx.fillStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.globalAlpha = crowded ? 0.35 : 0.75;
  // One path for all: strokes are what costs.
  ctx.beginPath();
  for (const { x1, y1, x2, y2 } of plain) {
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
  }
  ctx.stroke();
  if (!crowded) for (const arrow of plain) head(ctx, arrow);
  ctx.globalAlpha = 1;
  for (const arrow of arrows) if (!isPlain(arrow.message)) paintSpecial(brush, arrow);
  if (arrows.length > NAMES_MAX) return;
  const chain = new Set(brush.scene.chain.map(({ arrival }) => arrival));
  paintNames(
    brush,
    arrows.toSorted((a, b) => Number(chain.has(b.message)) - Number(chain.has(a.message))),
  );
}

/** In another colour and bold: what leads to the selection. */
export function paintArrow(brush: Brush, arrow: Arrow, colour: string, width: number): void {
  const { ctx } = brush;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = width;
  stroke(ctx, arrow);
  if (arrow.message.fate === "lost") cross(ctx, arrow.x2, arrow.y2, 5);
  else head(ctx, arrow, 8);
}

function isPlain({ fate, isLate, isCopied }: Message): boolean {
  return fate === "arrived" && !isLate && !isCopied;
}

function paintSpecial({ ctx, theme }: Brush, arrow: Arrow): void {
  const { fate, isLate } = arrow.message;
  const colour = fate === "lost" ? theme.bad : fate === "nobody" ? theme.muted : theme.warn;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.setLineDash(fate === "lost" ? [4, 3] : isLate ? [9, 4] : [2, 3]);
  stroke(ctx, arrow);
  ctx.setLineDash([]);
  if (fate === "lost") {
    ctx.lineWidth = 2;
    cross(ctx, arrow.x2, arrow.y2, 4);
  } else if (fate === "nobody") {
    ctx.beginPath();
    ctx.arc(arrow.x2, arrow.y2, 4, 0, 2 * Math.PI);
    ctx.stroke();
  } else head(ctx, arrow);
}

function stroke(ctx: CanvasRenderingContext2D, { x1, y1, x2, y2 }: Arrow): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function head(ctx: CanvasRenderingContext2D, { x1, y1, x2, y2 }: Arrow, size = 6): void {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  ctx.beginPath();
  ctx.moveTo(x2, y2);
  ctx.lineTo(x2 - size * Math.cos(angle - 0.4), y2 - size * Math.sin(angle - 0.4));
  ctx.lineTo(x2 - size * Math.cos(angle + 0.4), y2 - size * Math.sin(angle + 0.4));
  ctx.fill();
}

/** Under the lanes that it crosses, where no other name is: one of each broadcast is enough to read it. */
function paintNames(brush: Brush, arrows: readonly Arrow[]): void {
  const { ctx, theme, layout } = brush;
  const taken: Box[] = [];
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  ctx.font = FONT;
  for (const arrow of arrows) {
    const text = arrow.message.shortLabel;
    const width = ctx.measureText(text).width;
    const box = placesOf(arrow, layout, width).find(
      (place) => !taken.some((other) => overlaps(place, other)),
    );
    if (box === undefined) continue;
    taken.push(box);
    ctx.fillStyle = arrow.message.fate === "lost" ? theme.bad : theme.muted;
    label(brush, text, box.x, box.y, width + 1);
  }
  ctx.textAlign = "left";
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Between the bars of lanes, nearest to where it ends first. */
function placesOf({ x1, y1, x2, y2 }: Arrow, { boxes, width: end, gutter }: Layout, width: number): Box[] {
  const places = boxes.flatMap(({ line }): Box[] => {
    const y = line + NAME_BELOW_LINE;
    const share = (y - y1) / (y2 - y1);
    if (!(share > 0.1 && share < 0.95)) return [];
    const x = x1 + share * (x2 - x1);
    return x - width / 2 < gutter || x + width / 2 > end ? [] : [{ x, y, width }];
  });
  return y2 > y1 ? places.toReversed() : places;
}

function overlaps(a: Box, b: Box): boolean {
  return a.y === b.y && Math.abs(a.x - b.x) < (a.width + b.width) / 2 + 6;
}
