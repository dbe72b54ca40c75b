/** The picture of the tracks: draws them, over the same time as the diagram, and says what lies at a point of it. */
import { layoutOf, PADDING_RIGHT } from "./layout.js";
import { paintAxis } from "./paint/axis.js";
import { paintMoments, paintTracks, type MarkAt } from "./paint/tracks.js";
import type { Brush } from "./paint/brush.js";
import { scalesOf, yOf, type TrackScale } from "./track-scale.js";
import type { Picture } from "./pointer.js";
import type { Scene, Thing } from "./scene.js";
import { readTheme, type Theme } from "./theme.js";
import { trackLayoutOf, type TrackBox, type TrackLayout } from "./track-layout.js";
import { itemAt, type TrackItem } from "./tracks.js";

export class TrackChart implements Picture {
  readonly canvas: HTMLCanvasElement;
  readonly #scene: Scene;
  #layout: TrackLayout;
  #theme: Theme;
  #isDue = false;
  // What was drawn last, for pointing at it.
  #marks: readonly MarkAt[] = [];
  #scales: ReadonlyMap<string, TrackScale> = new Map();

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
    this.redraw();
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
    const box = this.#layout.boxes.find(({ top, bottom }) => y >= top && y <= bottom);
    if (box === undefined || x < this.gutter) return undefined;
    const mark = this.#marks.find(
      (each) => each.box === box && Math.abs(each.x - x) <= reachPx && y > box.plotTop - reachPx,
    );
    const item = mark?.item ?? this.#itemAt(box, x, y);
    return item === undefined ? undefined : { type: "track", item };
  }

  /** The line that is nearest below the band, else the span. */
  #itemAt(box: TrackBox, x: number, y: number): TrackItem | undefined {
    const timeUs = this.#scene.viewport.timeAt(x - this.gutter);
    const { spans, lines, group } = box.track;
    const span = itemAt(spans, timeUs);
    const scale = this.#scales.get(group);
    if (y <= box.plotTop || scale === undefined)
      return span !== undefined && span.untilUs >= timeUs ? span : undefined;
    const away = (step: TrackItem): number => Math.abs(yOf(box, scale, step.value!) - y);
    const steps = lines.flatMap(({ steps: all }) => {
      const step = itemAt(all, timeUs);
      return step?.value === undefined ? [] : [step];
    });
    return steps.toSorted((a, b) => away(a) - away(b))[0] ?? span;
  }

  #measure(): TrackLayout {
    const width = this.canvas.parentElement!.clientWidth;
    return trackLayoutOf(this.#scene, layoutOf(this.#scene, width));
  }

  #draw(): void {
    const layout = this.#measure();
    this.#layout = layout;
    const { viewport } = this.#scene;
    viewport.width = Math.max(50, layout.width - layout.gutter - PADDING_RIGHT);
    const { canvas } = this;
    canvas.width = Math.round(layout.width * devicePixelRatio);
    canvas.height = Math.round(layout.height * devicePixelRatio);
    canvas.style.height = `${layout.height}px`;
    const ctx = canvas.getContext("2d")!;
    ctx.scale(devicePixelRatio, devicePixelRatio);
    const brush: Brush<TrackLayout> = {
      ctx,
      scene: this.#scene,
      layout,
      theme: this.#theme,
      x: (timeUs) => layout.gutter + viewport.x(timeUs),
      fromUs: viewport.timeAt(0),
      untilUs: viewport.timeAt(viewport.width),
    };
    this.#scales = scalesOf(brush);
    paintAxis(brush);
    this.#marks = paintTracks(brush, this.#scales);
    paintMoments(brush);
  }
}
