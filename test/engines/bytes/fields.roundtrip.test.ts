// What is put into a sink comes back from a reader; what can't be written or read is refused with the owner's error.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, encodeWith, putTexts, readTexts, sizeWith, type Sink } from "#engines/bytes/index.js";

class Refused extends Error {}
const refuse = (expected: string, found: string, where: string): Refused =>
  new Refused(`${expected}, ${found}, ${where}`);

const encode = (put: (sink: Sink) => void): Uint8Array => encodeWith(put, undefined, refuse);
const readerOf = (bytes: Uint8Array | readonly number[]): ByteReader =>
  new ByteReader(Uint8Array.from(bytes), "the test", refuse);

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", "\ufeffn1", "\0", "\u{1f32a}", "x".repeat(200), "é".repeat(100)),
);
const data = fc.uint8Array({ maxLength: 300 });

/** A field: how it is put, and what of the reader has to equal what. */
interface Field {
  put(sink: Sink): void;
  check(reader: ByteReader): void;
}
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.nat({ max: 255 }).map((value) => ({
    put: (sink: Sink) => sink.byte(value),
    check: (reader: ByteReader) => expect(reader.byte()).toBe(value),
  })),
  fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat()).map((value) => ({
    put: (sink: Sink) => sink.integer(value),
    check: (reader: ByteReader) => expect(reader.integer()).toBe(value),
  })),
  text.map((value) => ({
    put: (sink: Sink) => sink.text(value),
    check: (reader: ByteReader) => expect(reader.text()).toBe(value),
  })),
  data.map((value) => ({
    put: (sink: Sink) => sink.bytes(value),
    check: (reader: ByteReader) => expect(reader.bytes()).toEqual(value),
  })),
  fc.array(text, { maxLength: 5 }).map((value) => ({
    put: (sink: Sink) => putTexts(sink, value),
    check: (reader: ByteReader) => expect(readTexts(reader)).toEqual(value),
  })),
);
const fields = fc.array(field, { maxLength: 8 });

function putAll(sink: Sink, all: readonly Field[]): void {
  for (const each of all) each.put(sink);
}

describe("fields", () => {
  test("come back in their order, from an array of exactly their size", () => {
    fc.assert(
      fc.property(fields, data, (all, rest) => {
        const put = (sink: Sink): void => {
          putAll(sink, all);
          sink.rest(rest);
        };
        const bytes = encode(put);
        expect(bytes.length).toBe(bytes.buffer.byteLength);
        expect(sizeWith(put, undefined, refuse)).toBe(bytes.length);
        const reader = readerOf(bytes);
        for (const each of all) each.check(reader);
        expect(reader.rest()).toEqual(rest);
        expect(reader.isAtEnd).toBe(true);
        reader.end();
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("with something behind them are read, and the format says whether that is well", () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ minLength: 1, maxLength: 5 }), (all, more) => {
        const reader = readerOf([...encode((sink) => putAll(sink, all)), ...more]);
        for (const each of all) each.check(reader);
        expect(reader.isAtEnd).toBe(false);
        expect(() => reader.end()).toThrow(Refused);
      }),
      { seed: 2 },
    );
  });

  test("that are cut off are refused with the owner's error", () => {
    fc.assert(
      fc.property(fields, fc.nat(), (all, cut) => {
        const bytes = encode((sink) => putAll(sink, all));
        fc.pre(bytes.length > 0);
        const reader = readerOf(bytes.subarray(0, cut % bytes.length));
        expect(() => {
          for (const each of all) each.check(reader);
        }).toThrow(Refused);
      }),
      { seed: 3 },
    );
  });

  test("are read without copying", () => {
    const bytes = encode((sink) => {
      sink.bytes(Uint8Array.of(1, 2));
      sink.rest(Uint8Array.of(3));
    });
    const reader = new ByteReader(bytes, "the test", refuse);
    expect([reader.bytes().buffer, reader.rest().buffer]).toEqual([bytes.buffer, bytes.buffer]);
  });

  test("keep their layout", () => {
    const bytes = encode((sink) => {
      sink.byte(7);
      sink.integer(300);
      sink.text("é");
      sink.bytes(Uint8Array.of(9));
      putTexts(sink, ["a", ""]);
      sink.rest(Uint8Array.of(8, 8));
    });
    expect([...bytes]).toEqual([7, 0xac, 2, 2, 0xc3, 0xa9, 1, 9, 2, 1, 0x61, 0, 8, 8]);
  });
});

describe("refused when written", () => {
  const surrogates = ["\ud800", "\ud800x", "\udc00", "a\udc00", "\udc00\ud800", "\udc00\udc00", "é\udbff"];

  test.each(surrogates)("a lone surrogate (%j)", (lone) => {
    expect(() => encode((sink) => sink.text(lone))).toThrow(Refused);
    expect(() => sizeWith((sink, value) => sink.text(value), lone, refuse)).toThrow(Refused);
  });

  test.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1, Infinity])("the integer %s", (value) => {
    expect(() => encode((sink) => sink.integer(value))).toThrow("counts exactly");
  });

  test.each([
    ["more", 1],
    ["less", -1],
  ])("a value that is put with %s the second time", (_what, more) => {
    let length = 5;
    const put = (sink: Sink): void => {
      sink.rest(new Uint8Array(length));
      length += more;
    };
    expect(() => encode(put)).toThrow("as long as what was counted");
  });
});

describe("refused when read", () => {
  test.each<[string, readonly number[], (reader: ByteReader) => unknown]>([
    ["a byte of nothing", [], (reader) => reader.byte()],
    ["an integer of nothing", [], (reader) => reader.integer()],
    ["an integer in a longer form than needed", [0x81, 0], (reader) => reader.integer()],
    ["an unknown flag", [5], (reader) => reader.flags(3)],
    ["a short text that is not UTF-8", [1, 0xff], (reader) => reader.text()],
    ["a long text that is not UTF-8", [12, ...Array(11).fill(0x61), 0x80], (reader) => reader.text()],
    ["a surrogate in UTF-8", [3, 0xed, 0xa0, 0x80], (reader) => reader.text()],
    ["bytes that go on behind the end", [3, 1, 2], (reader) => reader.bytes()],
    ["more texts than there are bytes", [0xff, 0xff, 0xff, 0xff, 0x0f, 0], (reader) => readTexts(reader)],
  ])("%s", (_what, bytes, read) => {
    expect(() => read(readerOf(bytes))).toThrow(Refused);
  });

  test("says where", () => {
    const reader = readerOf([1, 2, 0xff]);
    reader.integer();
    expect(() => reader.bytes()).toThrow(/^2 more bytes, 1, byte 2 of the test$/);
  });
});
