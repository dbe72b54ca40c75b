/** Lanes: the life of each node, what it was, and when it was down or paused. */
import { roleColour } from "../theme.js";
import type { LaneBox } from "../layout.js";
import type { Span } from "../run.js";
import { BOLD, clamp, FONT, hatch, label, type Brush } from "./brush.js";

const BAR = 16;
/** From the bottom. */
const IDLE_PX = 10;

export function paintLanes(brush: Brush): void {
  const { ctx, layout, theme } = brush;
  layout.boxes.forEach((box, i) => {
    ctx.fillStyle = theme.card;
    if (i % 2 === 0) ctx.fillRect(0, box.top, layout.width, box.bottom - box.top);
    ctx.fillStyle = theme.faint;
    ctx.fillRect(layout.gutter, box.line - 0.5, layout.width, 1);
  });
}

export function paintSpans(brush: Brush): void {
  const { spans } = brush.scene.run;
  const seen = spans.filter(({ fromUs, untilUs }) => untilUs >= brush.fromUs && fromUs <= brush.untilUs);
  for (const kind of ["status", "down", "pause"] as const) {
    for (const span of seen) {
      const box = brush.layout.byLane.get(span.lane);
      if (box !== undefined && span.kind === kind) paintSpan(brush, span, box);
    }
  }
}

function paintSpan(brush: Brush, span: Span, box: LaneBox): void {
  const { ctx, theme } = brush;
  const [from, until] = clamp(brush, span.fromUs, span.untilUs);
  const width = Math.max(1, until - from);
  const top = box.line - BAR / 2;
  ctx.textBaseline = "middle";
  if (span.kind === "status") {
    const colour = roleColour(theme, span.text);
    ctx.globalAlpha = 0.3;
    ctx.fillStyle = colour;
    ctx.fillRect(from, top, width, BAR);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, top, Math.min(3, width), BAR);
    ctx.fillStyle = theme.ink;
    label(brush, span.text, from + 7, top - 7, width - 9, { font: BOLD });
    return;
  }
  const isDown = span.kind === "down";
  ctx.fillStyle = theme.paper;
  ctx.fillRect(from, top - 1, width, BAR + 2);
  ctx.strokeStyle = isDown ? theme.muted : theme.warn;
  ctx.lineWidth = 1;
  hatch(ctx, from, top, width, BAR);
  ctx.strokeRect(from + 0.5, top + 0.5, Math.max(0, width - 1), BAR - 1);
  const text = isDown ? downText(span.text) : span.text;
  ctx.font = FONT;
  if (width < 34) return;
  const plate = Math.min(width - 4, ctx.measureText(text).width + 8);
  ctx.fillStyle = theme.paper;
  ctx.fillRect(from + 2, top + 1, plate, BAR - 2);
  ctx.fillStyle = theme.ink;
  label(brush, text, from + 6, box.line, plate - 6);
}

/** A process that ended by itself is not down. */
export function downText(why: string): string {
  return why === "ended" ? why : `down: ${why}`;
}

/** Names, over whatever reaches into their column. */
export function paintNames(brush: Brush): void {
  const { ctx, layout, theme } = brush;
  ctx.fillStyle = theme.paper;
  ctx.fillRect(0, 0, layout.gutter - 4, layout.height);
  ctx.textBaseline = "middle";
  for (const box of layout.boxes) {
    ctx.fillStyle = box.isClient ? theme.muted : theme.ink;
    label(brush, box.name, 4, box.line, layout.gutter - 10, { font: BOLD });
  }
  if (layout.idle === "") return;
  ctx.fillStyle = theme.muted;
  label(brush, layout.idle, 4, layout.height - IDLE_PX, layout.width - 8);
}
