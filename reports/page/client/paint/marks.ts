/** Events as dots on their lanes, faults as marks beside them, and what broke. */
import { AXIS_HEIGHT, type LaneBox } from "../layout.js";
import { isDeath, isMarked } from "../../shared/marks.js";
import type { FaultData } from "../../shared/model.js";
import { readable } from "../dom.js";
import type { RunEvent } from "../run.js";
import { cut } from "../words.js";
import { BOLD, cross, FONT, label, type Brush } from "./brush.js";

export interface Dot {
  readonly event: RunEvent;
  readonly x: number;
  readonly y: number;
}

export function dotsInView({ scene, layout, x, fromUs, untilUs }: Brush): Dot[] {
  return scene.run.events.flatMap((event) => {
    if (event.timeUs < fromUs || event.timeUs > untilUs || !scene.filter.shows(event)) return [];
    const box = layout.byLane.get(event.lane);
    return box === undefined ? [] : [{ event, x: x(event.timeUs), y: box.line }];
  });
}

export function paintDots({ ctx, theme }: Brush, dots: readonly Dot[]): void {
  ctx.fillStyle = theme.ink;
  ctx.beginPath();
  for (const { event, x, y } of dots) {
    // What came by itself is smaller than what came from elsewhere or was worth telling.
    const isMinor = event.arrival === undefined && !event.told.some(({ told }) => told !== "");
    const radius = isMinor ? 1.5 : 3;
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
  ctx.fill();
}

const BESIDE_PX = 12;

export interface Mark {
  readonly fault: FaultData;
  readonly x: number;
  readonly y: number;
}

export function marksInView({ scene, layout, x, fromUs, untilUs }: Brush): Mark[] {
  /** How many marks a moment of a lane has: they stand beside each other. */
  const counts = new Map<string, number>();
  return scene.run.faults.flatMap((fault) => {
    if (!isMarked(fault) || fault.timeUs < fromUs || fault.timeUs > untilUs) return [];
    const box = layout.byLane.get(fault.lane);
    if (box === undefined || !scene.filter.showsFault(fault)) return [];
    const moment = `${fault.lane} ${fault.timeUs}`;
    const before = counts.get(moment) ?? 0;
    counts.set(moment, before + 1);
    return [{ fault, x: x(fault.timeUs) + before * BESIDE_PX, y: markHeight(box) }];
  });
}

function markHeight(box: LaneBox): number {
  return box.isClient ? box.top + 6 : box.bottom - 9;
}

/** A sign for each family of faults, with its name where there is room for it. */
export function paintMarks(brush: Brush, marks: readonly Mark[]): void {
  const { ctx, theme } = brush;
  /** Where the next mark of the same height begins. */
  const nextX = new Map<number, number>();
  for (const { fault, x, y } of marks.toReversed()) {
    const isFatal = isDeath(fault);
    ctx.fillStyle = isFatal ? theme.bad : theme.warn;
    ctx.strokeStyle = ctx.fillStyle;
    ctx.lineWidth = 2;
    if (isFatal) cross(ctx, x, y, 4);
    else if (fault.kind === "pause") {
      ctx.fillRect(x - 4, y - 4, 3, 8);
      ctx.fillRect(x + 1, y - 4, 3, 8);
    } else {
      ctx.beginPath();
      ctx.moveTo(x, y - 5);
      ctx.lineTo(x + 5, y + 4);
      ctx.lineTo(x - 5, y + 4);
      ctx.fill();
    }
    ctx.textBaseline = "middle";
    label(brush, fault.kind, x + 8, y, Math.min(120, (nextX.get(y) ?? Infinity) - x - 12), {
      font: FONT,
      leastPx: 40,
    });
    nextX.set(y, x);
  }
}

/** A line through all lanes where it broke, with the rule's name. */
export function paintFindings(brush: Brush): void {
  const { ctx, layout, scene, theme } = brush;
  for (const finding of scene.run.findings) {
    const x = brush.x(finding.timeUs);
    if (x < layout.gutter - 20 || x > layout.width + 20) continue;
    ctx.strokeStyle = theme.bad;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x, AXIS_HEIGHT - 4);
    ctx.lineTo(x, layout.height);
    ctx.stroke();
    const box = layout.byLane.get(finding.lane);
    if (box !== undefined) {
      ctx.beginPath();
      ctx.arc(x, box.line, 9, 0, 2 * Math.PI);
      ctx.stroke();
    }
    paintFlag(brush, `✗ ${finding.invariant}`, x);
  }
}

function paintFlag({ ctx, layout, theme }: Brush, text: string, x: number): void {
  ctx.font = BOLD;
  const shown = readable(cut(text, 80));
  const width = Math.min(ctx.measureText(shown).width + 12, layout.width - layout.gutter - 4);
  const left = Math.max(layout.gutter, Math.min(x - width / 2, layout.width - width - 2));
  ctx.fillStyle = theme.bad;
  ctx.fillRect(left, 2, width, AXIS_HEIGHT - 6);
  ctx.fillStyle = theme.paper;
  ctx.textBaseline = "middle";
  ctx.fillText(shown, left + 6, 2 + (AXIS_HEIGHT - 6) / 2 + 0.5, width - 8);
}
