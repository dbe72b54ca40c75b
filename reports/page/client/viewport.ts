/** The part of the axis that is seen. */
import type { Axis } from "./axis.js";

/** In places: the closest look. */
const SPAN_MIN = 2;
/** Room beyond both ends of the run, so that what happens there is not at the very edge. */
const MARGIN = 0.06;

export class Viewport {
  axis: Axis;
  /** Pixels; the diagram sets it. */
  width = 800;
  #from = 0;
  #span = 1;

  constructor(axis: Axis) {
    this.axis = axis;
    this.show(0, axis.length);
  }

  get span(): number {
    return this.#span;
  }

  get from(): number {
    return this.#from;
  }

  get fromUs(): number {
    return this.axis.time(this.#from);
  }

  get untilUs(): number {
    return this.axis.time(this.#from + this.#span);
  }

  /** Pixels from the left of the diagram; may lie outside of it. */
  x(timeUs: number): number {
    return ((this.axis.place(timeUs) - this.#from) / this.#span) * this.width;
  }

  timeAt(x: number): number {
    return this.axis.time(this.#from + (x / this.width) * this.#span);
  }

  /** Shows these places, as far as they are there. */
  show(from: number, until: number): void {
    const { length } = this.axis;
    this.#span = Math.min(Math.max(until - from, SPAN_MIN), length * (1 + 2 * MARGIN));
    const margin = this.#span * MARGIN;
    this.#from = Math.min(Math.max(from, -margin), length + margin - this.#span);
    if (this.#span >= length) this.#from = (length - this.#span) / 2;
  }

  /** By a share of what is seen. */
  pan(share: number): void {
    this.show(this.#from + share * this.#span, this.#from + (1 + share) * this.#span);
  }

  /** Below 1 is closer; what is at `x` stays there. */
  zoom(factor: number, x: number = this.width / 2): void {
    const fixed = this.#from + (x / this.width) * this.#span;
    const span = Math.max(this.#span * factor, SPAN_MIN);
    const from = fixed - (x / this.width) * span;
    this.show(from, from + span);
  }

  fit(): void {
    this.show(-Infinity, Infinity);
  }

  /** Brings a moment into the middle, unless it is well in view. */
  reveal(timeUs: number): void {
    const x = this.x(timeUs);
    if (x > this.width * 0.1 && x < this.width * 0.9) return;
    const place = this.axis.place(timeUs);
    this.show(place - this.#span / 2, place + this.#span / 2);
  }

  /** Another axis, with the same moment in the middle and the same zoom. */
  use(axis: Axis): void {
    const timeUs = this.timeAt(this.width / 2);
    this.axis = axis;
    const place = axis.place(timeUs);
    this.show(place - this.#span / 2, place + this.#span / 2);
  }
}
