/** Writing bytes: a format is described once, as calls on a `Sink`; they are counted first, then written. */
import { assert } from "../env/index.js";
import { varintLength, writeVarint } from "./integers.js";
import type { MakeError } from "./make-error.js";

export interface Sink {
  byte(value: number): void;
  /** A safe integer >= 0, as a varint. */
  integer(value: number): void;
  /** A string, as its length in bytes and UTF-8. Throws `badText`'s error where it has a lone surrogate. */
  text(value: string): void;
  /** Their length, then the bytes. */
  bytes(value: Uint8Array): void;
  /** The bytes alone: what reads them takes all that is left. */
  rest(value: Uint8Array): void;
}

/** Up to this length, a loop costs less than a call to what copies or encodes many at once. */
const SHORT_BYTES = 20;
const NOT_WELL_FORMED = -1;
const UTF8 = new TextEncoder();

/**
 * The bytes that `put` describes, in one array of exactly their size. `put` runs twice and has to make the same
 * calls both times. Throws what `badText` makes where a text can't be written.
 */
export function encodeWith<T>(put: (sink: Sink, value: T) => void, value: T, badText: MakeError): Uint8Array {
  const writer = new Writer(sizeWith(put, value, badText));
  put(writer, value);
  assert(writer.isFull, "what is written is as long as what was counted");
  return writer.target;
}

/** How many bytes `encodeWith` gives; it throws the same. */
export function sizeWith<T>(put: (sink: Sink, value: T) => void, value: T, badText: MakeError): number {
  const sizer = new Sizer(badText);
  put(sizer, value);
  return sizer.sizeBytes;
}

/** How many, then each. */
export function putTexts(sink: Sink, texts: readonly string[]): void {
  sink.integer(texts.length);
  for (const text of texts) sink.text(text);
}

/** It goes first, so it is the one to refuse what can't be written. */
class Sizer implements Sink {
  sizeBytes = 0;
  readonly #badText: MakeError;

  constructor(badText: MakeError) {
    this.#badText = badText;
  }

  byte(): void {
    this.sizeBytes += 1;
  }

  integer(value: number): void {
    assert(
      Number.isSafeInteger(value) && value >= 0,
      "an integer in a format is from 0 on and counts exactly",
    );
    this.sizeBytes += value < 0x80 ? 1 : varintLength(value);
  }

  text(value: string): void {
    const length = utf8Length(value);
    if (length === NOT_WELL_FORMED) {
      throw this.#badText("well-formed text", "a lone surrogate", `a string of ${value.length} units`);
    }
    this.integer(length);
    this.sizeBytes += length;
  }

  bytes(value: Uint8Array): void {
    this.integer(value.length);
    this.sizeBytes += value.length;
  }

  rest(value: Uint8Array): void {
    this.sizeBytes += value.length;
  }
}

class Writer implements Sink {
  readonly target: Uint8Array;
  #at = 0;

  constructor(sizeBytes: number) {
    this.target = new Uint8Array(sizeBytes);
  }

  get isFull(): boolean {
    return this.#at === this.target.length;
  }

  byte(value: number): void {
    this.target[this.#at++] = value;
  }

  integer(value: number): void {
    this.#at = writeVarint(this.target, this.#at, value);
  }

  text(value: string): void {
    const length = utf8Length(value);
    this.integer(length);
    const end = this.#at + length;
    if (length === value.length && length <= SHORT_BYTES) {
      for (let i = 0; i < length; i++) this.target[this.#at + i] = value.charCodeAt(i);
    } else UTF8.encodeInto(value, this.target.subarray(this.#at, end));
    this.#at = end;
  }

  bytes(value: Uint8Array): void {
    this.integer(value.length);
    this.rest(value);
  }

  rest(value: Uint8Array): void {
    const { length } = value;
    if (length <= SHORT_BYTES) {
      for (let i = 0; i < length; i++) this.target[this.#at + i] = value[i]!;
    } else this.target.set(value, this.#at);
    this.#at += length;
  }
}

/** `TextEncoder` replaces what is not well-formed, so that two strings would become one: told apart here. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(++i);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return NOT_WELL_FORMED;
  }
  return length;
}
