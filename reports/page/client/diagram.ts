/** The canvas: draws the scene and says what lies at a point of it. */
import { layoutOf, type Layout } from "./layout.js";
import type { Picture } from "./pointer.js";
import type { Scene, Thing } from "./scene.js";
import { readTheme, type Theme } from "./theme.js";
import type { Brush } from "./paint/brush.js";
import { paintAxis } from "./paint/axis.js";
import { paintChain } from "./paint/chain.js";
import { paintLanes, paintNames, paintSpans } from "./paint/lanes.js";
import {
  dotsInView,
  marksInView,
  paintDots,
  paintFindings,
  paintMarks,
  type Dot,
  type Mark,
} from "./paint/marks.js";
import { arrowsInView, paintMessages, type Arrow } from "./paint/messages.js";
import {
  OPERATION_HEIGHT,
  operationsInView,
  paintOperations,
  type OperationBox,
} from "./paint/operations.js";
import { paintPins, pinsInView, type Pin } from "./paint/notes.js";
import { paintPartitions } from "./paint/partitions.js";
import { PADDING_RIGHT, PARTITION_ROW } from "./layout.js";

/** Room on both sides of the view in which things are drawn still, in shares of the view. */
const OVERDRAW = 0.05;

export class Diagram implements Picture {
  readonly canvas: HTMLCanvasElement;
  readonly #scene: Scene;
  #layout: Layout;
  #theme: Theme;
  #isDue = false;
  // What was drawn last, for pointing at it.
  #dots: readonly Dot[] = [];
  #marks: readonly Mark[] = [];
  #pins: readonly Pin[] = [];
  #arrows: readonly Arrow[] = [];
  #operations: readonly OperationBox[] = [];

  constructor(scene: Scene, canvas: HTMLCanvasElement) {
    this.#scene = scene;
    this.canvas = canvas;
    this.#theme = readTheme();
    this.#layout = this.#measure();
    scene.onChange(() => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(canvas.parentElement!);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#theme = readTheme();
      this.redraw();
    });
  }

  get gutter(): number {
    return this.#layout.gutter;
  }

  /** Once before the next frame, however often it is asked for. */
  redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  thingAt(x: number, y: number, reachPx: number): Thing | undefined {
    const near = (at: { readonly x: number; readonly y: number }): number => Math.hypot(at.x - x, at.y - y);
    const mark = nearest(this.#marks, near, reachPx);
    if (mark !== undefined) return { type: "fault", fault: mark.fault };
    const pin = nearest(this.#pins, near, reachPx);
    if (pin !== undefined) return { type: "event", event: pin.event };
    const dot = nearest(this.#dots, near, reachPx);
    if (dot !== undefined) return { type: "event", event: dot.event };
    const box = this.#operations.findLast(
      ({ x1, x2, y: top }) => x >= x1 - 2 && x <= x2 + 2 && y >= top - 1 && y <= top + OPERATION_HEIGHT + 1,
    );
    if (box !== undefined) return { type: "operation", operation: box.operation };
    const arrow = nearest(this.#arrows, (each) => distanceTo(each, x, y), reachPx);
    if (arrow !== undefined) return { type: "message", message: arrow.message };
    return this.#partitionAt(x, y);
  }

  #partitionAt(x: number, y: number): Thing | undefined {
    const row = Math.floor((y - this.#layout.partitionsTop) / PARTITION_ROW);
    const timeUs = this.#scene.viewport.timeAt(x - this.#layout.gutter);
    const partition = this.#scene.run.partitions.find(
      ({ fromUs, untilUs }, i) =>
        this.#layout.partitionRows[i] === row && fromUs <= timeUs && untilUs >= timeUs,
    );
    return partition === undefined ? undefined : { type: "partition", partition };
  }

  #measure(): Layout {
    const width = this.canvas.parentElement!.clientWidth;
    const layout = layoutOf(this.#scene, width);
    this.#scene.viewport.width = Math.max(50, width - layout.gutter - PADDING_RIGHT);
    return layout;
  }

  #draw(): void {
    this.#layout = this.#measure();
    const { width, height } = this.#layout;
    const ratio = devicePixelRatio;
    const { canvas } = this;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    const ctx = canvas.getContext("2d")!;
    ctx.scale(ratio, ratio);
    this.#paint(this.#brush(ctx));
  }

  #brush(ctx: CanvasRenderingContext2D): Brush {
    const { viewport } = this.#scene;
    const { gutter } = this.#layout;
    const room = viewport.width * OVERDRAW;
    return {
      ctx,
      scene: this.#scene,
      layout: this.#layout,
      theme: this.#theme,
      x: (timeUs) => gutter + viewport.x(timeUs),
      fromUs: viewport.timeAt(-room),
      untilUs: viewport.timeAt(viewport.width + room),
    };
  }

  #paint(brush: Brush): void {
    this.#dots = dotsInView(brush);
    this.#marks = marksInView(brush);
    this.#pins = pinsInView(brush);
    this.#arrows = arrowsInView(brush);
    this.#operations = operationsInView(brush);
    paintLanes(brush);
    paintAxis(brush);
    paintPartitions(brush);
    paintSpans(brush);
    paintMessages(brush, this.#arrows);
    paintOperations(brush, this.#operations);
    paintChain(brush);
    paintDots(brush, this.#dots);
    paintMarks(brush, this.#marks);
    paintPins(brush, this.#pins);
    paintNames(brush);
    paintFindings(brush);
  }
}

function nearest<T>(things: readonly T[], distance: (thing: T) => number, reachPx: number): T | undefined {
  let best: T | undefined;
  let least = reachPx;
  for (const thing of things) {
    const here = distance(thing);
    if (here > least) continue;
    least = here;
    best = thing;
  }
  return best;
}

function distanceTo({ x1, y1, x2, y2 }: Arrow, x: number, y: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const share = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / Math.max(1, dx * dx + dy * dy)));
  return Math.hypot(x1 + share * dx - x, y1 + share * dy - y);
}
