/** Reading bytes that anything may be wrong with. No length is believed before it is bounded. */
import { readVarint, varintLength } from "./integers.js";
import type { MakeError } from "./make-error.js";

// A byte order mark at the front is a part of the text, not a hint to drop.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const SHORT_BYTES = 10;

/**
 * Takes one thing after the other. All methods throw `badFormat`'s error where the thing is not there. What is
 * left at the end is the format's to judge: one that may not have more calls `end`, one whose later versions
 * add fields just stops.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  readonly #badFormat: MakeError;
  #at = 0;

  /** `where` names the bytes in errors. */
  constructor(bytes: Uint8Array, where: string, badFormat: MakeError) {
    this.#bytes = bytes;
    this.#where = where;
    this.#badFormat = badFormat;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    if (this.isAtEnd) this.fail("one more byte", "the end");
    return this.#bytes[this.#at++]!;
  }

  /** A byte that has no other bits than `known`. */
  flags(known: number): number {
    const flags = this.byte();
    if ((flags & ~known) !== 0) this.fail(`flags within ${known}`, `${flags}`);
    return flags;
  }

  integer(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return first;
    }
    const value = readVarint(this.#bytes, this.#at);
    if (value < 0) this.fail("an integer", "none");
    this.#at += varintLength(value);
    return value;
  }

  text(): string {
    const start = this.#take();
    const end = this.#at;
    const short = end - start <= SHORT_BYTES ? ascii(this.#bytes, start, end) : undefined;
    if (short !== undefined) return short;
    try {
      return UTF8.decode(this.#bytes.subarray(start, end));
    } catch {
      return this.fail("UTF-8", "other bytes");
    }
  }

  /** A view. */
  bytes(): Uint8Array {
    const start = this.#take();
    return this.#bytes.subarray(start, this.#at);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#bytes.length;
    return this.#bytes.subarray(start);
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.isAtEnd) this.fail("the end", `${this.#bytes.length - this.#at} more bytes`);
  }

  /** Throws the error that says so of a value that makes no sense, or of one that is not there. */
  fail(expected: string, found: string): never {
    throw this.#badFormat(expected, found, `byte ${this.#at} of ${this.#where}`);
  }

  /** Goes behind the bytes that a length stands before. Returns where they start. */
  #take(): number {
    const length = this.integer();
    const start = this.#at;
    const left = this.#bytes.length - start;
    if (length > left) this.fail(`${length} more bytes`, `${left}`);
    this.#at += length;
    return start;
  }
}

/** What `putTexts` wrote. Nothing is allocated for the count: what it promises has to be there. */
export function readTexts(reader: ByteReader): string[] {
  const texts: string[] = [];
  for (let left = reader.integer(); left > 0; left--) texts.push(reader.text());
  return texts;
}

/** A short text, character by character, which costs less than a call to the decoder. Undefined where it isn't ASCII. */
function ascii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
