import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SeedstormError } from "#engines/env/index.js";
import {
  CONTROL_TYPE,
  FRAME_HEADER_BYTES,
  FrameReader,
  decodeHello,
  encodeFrame,
  encodeHello,
} from "#engines/env/node/frame.js";

const MAX_BODY_BYTES = 200;
type Sent = readonly [type: number, body: Uint8Array];

const frames: fc.Arbitrary<Sent[]> = fc.array(
  fc.tuple(fc.integer({ min: 0, max: CONTROL_TYPE }), fc.uint8Array({ maxLength: MAX_BODY_BYTES })),
  { minLength: 1, maxLength: 8 },
);

/** What a reader makes of the stream, cut at these places; the code of the error that ended it, if one did. */
function read(
  stream: Uint8Array,
  cuts: readonly number[],
): { got: [number, number[]][]; error: string | undefined } {
  const reader = new FrameReader(MAX_BODY_BYTES);
  const got: [number, number[]][] = [];
  const places = [
    0,
    ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b),
    stream.length,
  ];
  try {
    for (let at = 1; at < places.length; at++) {
      reader.push(stream.slice(places[at - 1], places[at]), (type, body) => got.push([type, [...body]]));
    }
  } catch (error) {
    if (!(error instanceof SeedstormError)) throw error;
    return { got, error: error.code };
  }
  return { got, error: undefined };
}

function streamOf(sent: readonly Sent[]): Uint8Array {
  return Uint8Array.from(sent.flatMap(([type, body]) => [...encodeFrame(type, body)]));
}

const plain = (sent: readonly Sent[]): [number, number[]][] => sent.map(([type, body]) => [type, [...body]]);

test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat()), (sent, cuts) => {
      expect(read(streamOf(sent), cuts)).toEqual({ got: plain(sent), error: undefined });
    }),
    { seed: 1 },
  );
});

test("a flipped bit ends the stream at its frame at the latest: nothing wrong and nothing behind it comes out", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat()), fc.nat(), (sent, cuts, bit) => {
      const stream = streamOf(sent);
      const place = (bit >>> 3) % stream.length;
      stream[place]! ^= 1 << (bit & 7);
      const { got, error } = read(stream, cuts);
      const intact = framesBefore(sent, place);
      expect(got).toEqual(plain(sent.slice(0, intact)));
      // A length that grew within the limit may leave the reader waiting for the rest.
      if (error === undefined) expect(isLengthByte(sent, intact, place)).toBe(true);
    }),
    { seed: 2 },
  );
});

function framesBefore(sent: readonly Sent[], place: number): number {
  let end = 0;
  return sent.findIndex(([, body]) => (end += FRAME_HEADER_BYTES + body.length) > place);
}

function isLengthByte(sent: readonly Sent[], frame: number, place: number): boolean {
  const begin = streamOf(sent.slice(0, frame)).length;
  return place - begin >= 4 && place - begin < 8;
}

test("a frame above the limit is refused by its header alone", () => {
  const frame = encodeFrame(1, new Uint8Array(MAX_BODY_BYTES + 1));
  expect(read(frame.subarray(0, FRAME_HEADER_BYTES), []).error).toBe("FRAME_TOO_LARGE");
  expect(read(frame.subarray(0, FRAME_HEADER_BYTES - 1), []).error).toBeUndefined();
  expect(read(encodeFrame(1, new Uint8Array(MAX_BODY_BYTES)), []).error).toBeUndefined();
});

test("a hello says who speaks to whom; anything else is none", () => {
  const said: unknown[] = [];
  new FrameReader(4096).push(encodeHello({ from: "ä", to: "b" }), (type, body) =>
    said.push(decodeHello(type, body)),
  );
  expect(said).toEqual([{ from: "ä", to: "b" }]);
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const good = { seedstorm: 1, from: "a", to: "b" };
  expect(decodeHello(CONTROL_TYPE, json({ ...good, more: "from a later version" }))).toEqual({
    from: "a",
    to: "b",
  });
  expect(decodeHello(1, json(good))).toBeUndefined();
  for (const bad of [
    { ...good, seedstorm: 2 },
    { ...good, from: 1 },
    { seedstorm: 1, from: "a" },
    null,
    "x",
    3,
  ]) {
    expect(decodeHello(CONTROL_TYPE, json(bad))).toBeUndefined();
  }
  expect(decodeHello(CONTROL_TYPE, Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  expect(decodeHello(CONTROL_TYPE, new Uint8Array(0))).toBeUndefined();
});
