/** The whole run in a strip: where things happened, what is in view. A click or a drag moves the view. */
import { isAlarming } from "../shared/marks.js";
import type { Scene } from "./scene.js";
import { readTheme, type Theme } from "./theme.js";

const HEIGHT = 40;

export class Overview {
  readonly #scene: Scene;
  readonly #canvas: HTMLCanvasElement;
  #isDue = false;

  constructor(scene: Scene, canvas: HTMLCanvasElement) {
    this.#scene = scene;
    this.#canvas = canvas;
  }

  connect(): void {
    const [scene, canvas] = [this.#scene, this.#canvas];
    scene.onChange(() => this.#redraw());
    new ResizeObserver(() => this.#redraw()).observe(canvas.parentElement!);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    const follow = (event: PointerEvent): void => {
      if (event.buttons === 0) return;
      const { viewport } = scene;
      const middle = (event.offsetX / canvas.clientWidth) * viewport.axis.length;
      viewport.show(middle - viewport.span / 2, middle + viewport.span / 2);
      scene.changed("view");
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      follow(event);
    });
    canvas.addEventListener("pointermove", follow);
  }

  #redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const canvas = this.#canvas;
    const width = canvas.parentElement!.clientWidth;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(HEIGHT * devicePixelRatio);
    const ctx = canvas.getContext("2d")!;
    ctx.scale(devicePixelRatio, devicePixelRatio);
    const { axis } = this.#scene.viewport;
    const x = (timeUs: number): number => (axis.place(timeUs) / axis.length) * width;
    const theme = readTheme();
    this.#paintDensity(ctx, theme, x, width);
    this.#paintWhatBroke(ctx, theme, x);
    this.#paintView(ctx, theme, width);
  }

  /** How much happened when. */
  #paintDensity(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    x: (timeUs: number) => number,
    width: number,
  ): void {
    const counts = Array.from({ length: Math.ceil(width / 2) + 1 }, () => 0);
    for (const event of this.#scene.run.events) {
      if (this.#scene.filter.shows(event)) counts[Math.floor(x(event.timeUs) / 2)]!++;
    }
    const most = Math.max(1, ...counts);
    ctx.fillStyle = theme.muted;
    ctx.globalAlpha = 0.55;
    counts.forEach((count, i) => {
      const height = Math.sqrt(count / most) * (HEIGHT - 14);
      ctx.fillRect(i * 2, HEIGHT - height, 1.5, height);
    });
    ctx.globalAlpha = 1;
  }

  #paintWhatBroke(ctx: CanvasRenderingContext2D, theme: Theme, x: (timeUs: number) => number): void {
    const { run } = this.#scene;
    ctx.fillStyle = theme.cut;
    for (const { fromUs, untilUs } of run.partitions)
      ctx.fillRect(x(fromUs), 0, Math.max(2, x(untilUs) - x(fromUs)), 4);
    for (const span of run.spans) {
      const { kind, fromUs, untilUs } = span;
      if (!isAlarming(kind, span.text)) continue;
      ctx.fillStyle = kind === "down" ? theme.bad : theme.warn;
      ctx.fillRect(x(fromUs), 5, Math.max(2, x(untilUs) - x(fromUs)), 3);
    }
    ctx.fillStyle = theme.bad;
    for (const operation of run.operations) {
      if (!run.wrong.has(operation.id)) continue;
      const from = x(operation.invoked.timeUs);
      ctx.fillRect(from, 9, Math.max(3, x(operation.ended?.timeUs ?? run.data.endUs) - from), 4);
    }
    for (const { timeUs } of run.findings) ctx.fillRect(x(timeUs) - 1, 0, 2, HEIGHT);
  }

  #paintView(ctx: CanvasRenderingContext2D, theme: Theme, width: number): void {
    const { viewport } = this.#scene;
    const from = (viewport.from / viewport.axis.length) * width;
    const seen = (viewport.span / viewport.axis.length) * width;
    ctx.fillStyle = theme.accent;
    ctx.globalAlpha = 0.16;
    ctx.fillRect(from, 0, seen, HEIGHT);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 2;
    ctx.strokeRect(Math.max(1, from), 1, Math.min(seen, width - Math.max(1, from) - 1), HEIGHT - 2);
  }
}
