/** Mouse, touch and wheel on a picture: drag pans, Ctrl+wheel and pinch zoom, hover tells, a click selects. */
import type { Scene, Thing } from "./scene.js";

/** A finger that moves less than this has tapped. */
const TAP_PX = 6;
const REACH_PX: Readonly<Record<string, number>> = { mouse: 7, pen: 9, touch: 18 };
const WHEEL_ZOOM = 0.0016;

/** A canvas that shows the scene. */
export interface Picture {
  readonly canvas: HTMLCanvasElement;
  /** Where time begins, in pixels from its left. */
  readonly gutter: number;
  /** What lies within so many pixels of a point of the canvas: the smallest of it. */
  thingAt(x: number, y: number, reachPx: number): Thing | undefined;
}

export type OnHover = (thing: Thing | undefined, x: number, y: number) => void;

export class Pointer {
  readonly #scene: Scene;
  readonly #picture: Picture;
  readonly #onHover: OnHover;
  /** Pointers that are down, where they were last. */
  readonly #down: Map<number, { x: number; y: number }> = new Map();
  #movedPx = 0;

  constructor(scene: Scene, picture: Picture, onHover: OnHover) {
    this.#scene = scene;
    this.#picture = picture;
    this.#onHover = onHover;
  }

  connect(): void {
    const { canvas } = this.#picture;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#release(event));
    canvas.addEventListener("pointercancel", (event) => this.#down.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.#onHover(undefined, 0, 0));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#picture.canvas.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.#down.size === 1) this.#movedPx = 0;
    this.#onHover(undefined, 0, 0);
  }

  #move(event: PointerEvent): void {
    const { offsetX: x, offsetY: y } = event;
    const last = this.#down.get(event.pointerId);
    if (last === undefined) {
      if (event.pointerType === "mouse") this.#onHover(this.#thingAt(event), x, y);
      return;
    }
    this.#movedPx += Math.abs(x - last.x) + Math.abs(y - last.y);
    const { viewport } = this.#scene;
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) viewport.pan((last.x - x) / viewport.width);
    else {
      const middle = (x + other.x) / 2;
      const apart = (at: number): number => Math.max(20, Math.abs(at - other.x));
      viewport.zoom(apart(last.x) / apart(x), middle - this.#picture.gutter);
      viewport.pan((last.x - x) / 2 / viewport.width);
    }
    this.#down.set(event.pointerId, { x, y });
    this.#scene.changed("view");
  }

  #release(event: PointerEvent): void {
    const wasDown = this.#down.delete(event.pointerId);
    if (!wasDown || this.#movedPx > TAP_PX) return;
    this.#scene.select(this.#thingAt(event));
  }

  #wheel(event: WheelEvent): void {
    const { viewport } = this.#scene;
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    // The wheel alone belongs to the page. Browsers tell of a pinch on a touchpad as of Ctrl and the wheel.
    if (!isSideways && !event.ctrlKey && !event.metaKey) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (isSideways) viewport.pan((event.deltaX * lines) / viewport.width);
    else viewport.zoom(Math.exp(event.deltaY * lines * WHEEL_ZOOM), event.offsetX - this.#picture.gutter);
    event.preventDefault();
    this.#scene.changed("view");
  }

  #thingAt(event: PointerEvent): Thing | undefined {
    return this.#picture.thingAt(event.offsetX, event.offsetY, REACH_PX[event.pointerType] ?? 9);
  }
}
