/** Times along the top. */
import { clockTime } from "../words.js";
import { AXIS_HEIGHT, type Frame } from "../layout.js";
import { FONT, type Brush } from "./brush.js";

const TICK_PX = 120;

export function paintAxis({ ctx, layout, scene, theme }: Brush<Frame>): void {
  const { viewport } = scene;
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  for (let at = TICK_PX / 2; at < viewport.width; at += TICK_PX) {
    const timeUs = viewport.timeAt(at);
    const x = layout.gutter + at;
    ctx.fillStyle = theme.faint;
    ctx.fillRect(x, AXIS_HEIGHT - 5, 1, layout.height);
    ctx.fillStyle = theme.muted;
    ctx.fillText(shortened(timeUs), x, AXIS_HEIGHT / 2);
  }
  ctx.textAlign = "left";
}

/** To the microsecond: between two ticks there may be few of them. */
function shortened(timeUs: number): string {
  return clockTime(Math.round(timeUs));
}
