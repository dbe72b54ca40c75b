/** Clients' operations as intervals, each with the point where it took effect, as far as an order explains it. */
import type { OperationData } from "../../shared/model.js";
import { OPERATION_ROW, type LaneBox } from "../layout.js";
import type { Scene } from "../scene.js";
import { BOLD, clamp, FONT, hatch, label, type Brush } from "./brush.js";

const OPERATION_TOP = 6;
export const OPERATION_HEIGHT = 17;

export function operationTop({ operationRows }: Scene, { line }: LaneBox, { id }: OperationData): number {
  return line + OPERATION_TOP + (operationRows.get(id) ?? 0) * OPERATION_ROW;
}

export interface OperationBox {
  readonly operation: OperationData;
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

export function operationsInView(brush: Brush): OperationBox[] {
  const { scene, layout } = brush;
  const endUs = scene.run.data.endUs;
  return scene.run.operations.flatMap((operation) => {
    const box = layout.byLane.get(operation.lane);
    if (box === undefined || !scene.filter.showsOperation(operation)) return [];
    const untilUs = operation.ended?.timeUs ?? endUs;
    if (untilUs < brush.fromUs || operation.invoked.timeUs > brush.untilUs) return [];
    const [x1, x2] = clamp(brush, operation.invoked.timeUs, untilUs);
    return [{ operation, x1, x2: Math.max(x1 + 3, x2), y: operationTop(scene, box, operation) }];
  });
}

export function paintOperations(brush: Brush, boxes: readonly OperationBox[]): void {
  const { wrong } = brush.scene.run;
  for (const box of boxes) if (!wrong.has(box.operation.id)) paintOperation(brush, box, false);
  for (const box of boxes) if (wrong.has(box.operation.id)) paintOperation(brush, box, true);
  const { orders } = brush.scene.run;
  for (const box of boxes) {
    const order = orders.get(box.operation.id);
    if (order !== undefined) paintPoint(brush, box, order);
  }
}

function paintOperation(brush: Brush, { operation, x1, x2, y }: OperationBox, isWrong: boolean): void {
  const { ctx, theme, layout } = brush;
  const { outcome } = operation;
  const isOpenEnded = outcome === "open" || outcome === "unknown";
  const colour = isWrong ? theme.bad : outcome === "ok" ? theme.good : theme.muted;
  ctx.fillStyle = theme.paper;
  ctx.fillRect(x1, y, x2 - x1, OPERATION_HEIGHT);
  ctx.globalAlpha = isWrong ? 0.34 : 0.2;
  ctx.fillStyle = colour;
  ctx.fillRect(x1, y, x2 - x1, OPERATION_HEIGHT);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colour;
  ctx.lineWidth = isWrong ? 2 : 1;
  if (outcome === "failed") hatch(ctx, x1, y, x2 - x1, OPERATION_HEIGHT);
  if (isOpenEnded) openEnd(ctx, x1, x2, y, layout.width);
  else ctx.strokeRect(x1 + 0.5, y + 0.5, x2 - x1 - 1, OPERATION_HEIGHT - 1);
  ctx.fillStyle = theme.ink;
  ctx.textBaseline = "middle";
  const start = Math.max(x1, layout.gutter);
  const text = `${isWrong ? "✗ " : ""}${operation.asked} → ${operation.answered || "no answer"}`;
  const room = x2 - start - 8;
  ctx.font = isWrong ? BOLD : FONT;
  if (isWrong && ctx.measureText(text).width > room) {
    // What this page is about must be readable at any zoom.
    ctx.fillStyle = colour;
    label(brush, text, Math.max(x2 + 6, layout.gutter), y + OPERATION_HEIGHT / 2, Infinity, { font: BOLD });
    return;
  }
  label(brush, text, start + 5, y + OPERATION_HEIGHT / 2 + 0.5, x2 - start - 8, {
    font: isWrong ? BOLD : FONT,
  });
}

/** A box without its right side; what is unknown may still take effect, so a dotted line goes on to the end. */
function openEnd(ctx: CanvasRenderingContext2D, x1: number, x2: number, y: number, width: number): void {
  ctx.beginPath();
  ctx.moveTo(x2, y + 0.5);
  ctx.lineTo(x1 + 0.5, y + 0.5);
  ctx.lineTo(x1 + 0.5, y + OPERATION_HEIGHT - 0.5);
  ctx.lineTo(x2, y + OPERATION_HEIGHT - 0.5);
  ctx.stroke();
  ctx.setLineDash([2, 4]);
  ctx.beginPath();
  ctx.moveTo(x2, y + OPERATION_HEIGHT - 0.5);
  ctx.lineTo(width, y + OPERATION_HEIGHT - 0.5);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** A diamond with its number in the order. */
function paintPoint(brush: Brush, { operation, y }: OperationBox, order: number): void {
  const { ctx, theme, scene } = brush;
  const timeUs = scene.points.get(operation.id);
  if (timeUs === undefined) return;
  const x = brush.x(timeUs);
  const bottom = y + OPERATION_HEIGHT;
  ctx.fillStyle = theme.ink;
  ctx.beginPath();
  ctx.moveTo(x, bottom - 5);
  ctx.lineTo(x + 5, bottom);
  ctx.lineTo(x, bottom + 5);
  ctx.lineTo(x - 5, bottom);
  ctx.fill();
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  label(brush, String(order), x, bottom + 5, 40);
  ctx.textAlign = "left";
}
