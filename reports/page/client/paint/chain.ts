/** What led to the selection, and the selection itself. */
import type { RunEvent } from "../run.js";
import { arrowOf, paintArrow } from "./messages.js";
import type { Brush } from "./brush.js";
import { OPERATION_HEIGHT, operationTop } from "./operations.js";

export function paintChain(brush: Brush): void {
  const { chain } = brush.scene;
  chain.forEach((event, i) => paintStep(brush, event, chain[i + 1]));
  paintSelection(brush);
}

/** A message, or time that passed on one lane. */
function paintStep(brush: Brush, event: RunEvent, cause: RunEvent | undefined): void {
  const { ctx, layout, theme, x } = brush;
  if (event.arrival !== undefined) {
    const arrow = arrowOf(event.arrival, layout, x);
    if (arrow !== undefined) paintArrow(brush, arrow, theme.accent, 2.5);
    return;
  }
  const box = layout.byLane.get(event.lane);
  if (box === undefined || cause === undefined || cause.lane !== event.lane) return;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.moveTo(x(cause.timeUs), box.line);
  ctx.lineTo(x(event.timeUs), box.line);
  ctx.stroke();
}

function paintSelection(brush: Brush): void {
  const { ctx, scene, layout, theme, x } = brush;
  const { selection } = scene;
  if (selection === undefined) return;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 3;
  if (selection.type === "operation") {
    const { operation } = selection;
    const box = layout.byLane.get(operation.lane);
    if (box === undefined) return;
    const [x1, x2] = [x(operation.invoked.timeUs), x(operation.ended?.timeUs ?? scene.run.data.endUs)];
    ctx.strokeRect(
      x1 - 2,
      operationTop(scene, box, operation) - 2,
      Math.max(3, x2 - x1) + 4,
      OPERATION_HEIGHT + 4,
    );
    return;
  }
  if (selection.type === "message") {
    const arrow = arrowOf(selection.message, layout, x);
    if (arrow !== undefined) paintArrow(brush, arrow, theme.accent, 3);
    return;
  }
  const event = scene.eventOf(selection);
  const lane = selection.type === "fault" ? selection.fault.lane : (event?.lane ?? -1);
  const box = layout.byLane.get(lane);
  const timeUs = selection.type === "fault" ? selection.fault.timeUs : event?.timeUs;
  if (box === undefined || timeUs === undefined) return;
  ctx.beginPath();
  ctx.arc(x(timeUs), box.line, 7, 0, 2 * Math.PI);
  ctx.stroke();
}
