/** What the scenario did on purpose, as marks above all lanes. */
import type { RunEvent } from "../run.js";
import { FONT, label, type Brush } from "./brush.js";

const MIDDLE_PX = 8;

export interface Pin {
  readonly event: RunEvent;
  readonly x: number;
  readonly y: number;
}

export function pinsInView({ scene, layout, x, fromUs, untilUs }: Brush): Pin[] {
  const { notesTop } = layout;
  if (notesTop === undefined) return [];
  return scene.run.events
    .filter(({ timeUs, notes }) => notes.length > 0 && timeUs >= fromUs && timeUs <= untilUs)
    .map((event) => ({ event, x: x(event.timeUs), y: notesTop + MIDDLE_PX }));
}

/** Each with its text, as far as the next one leaves room. */
export function paintPins(brush: Brush, pins: readonly Pin[]): void {
  const { ctx, theme, layout } = brush;
  ctx.textBaseline = "middle";
  pins.forEach(({ event, x, y }, i) => {
    if (x < layout.gutter - 6) return;
    ctx.fillStyle = theme.accent;
    ctx.beginPath();
    ctx.moveTo(x, y + 6);
    ctx.lineTo(x - 5, y - 4);
    ctx.lineTo(x + 5, y - 4);
    ctx.fill();
    ctx.fillStyle = theme.ink;
    const roomPx = Math.min(pins[i + 1]?.x ?? layout.width, layout.width) - x - 16;
    label(brush, event.notes.join("; "), x + 8, y, roomPx, { font: FONT, leastPx: 40 });
  });
}
