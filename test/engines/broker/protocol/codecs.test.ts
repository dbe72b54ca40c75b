// Each message comes back as it was; with more behind it, too; cut off anywhere or damaged, it is refused or is another.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed, SeedstormError } from "#engines/env/index.js";
import { CALLS } from "./arbitraries.js";

const SEED = { seed: 2026, numRuns: 80 };

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** The codec of one direction of a call, the RPC layer's frame included. */
function codecs({
  requestMessage,
  responseMessage,
}: (typeof CALLS)[number]["type"]): readonly [Codec, Codec] {
  const frame = { caller: 1, call: 2, server: 3, oldest: 1 };
  return [
    {
      encode: (body) => requestMessage.encode({ ...frame, body }),
      decode: (bytes) => requestMessage.decode(bytes).body,
    },
    {
      encode: (body) => responseMessage.encode({ caller: 1, call: 2, result: { kind: "answer", body } }),
      decode(bytes) {
        const { result } = responseMessage.decode(bytes);
        return result.kind === "answer" ? result.body : result;
      },
    },
  ];
}

/** Whether the bytes were refused with a typed error; anything else that is thrown is passed on. */
function isRefused(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    if (error instanceof SeedstormError && !(error instanceof AssertionFailed)) return true;
    throw error;
  }
}

test("there are all calls, each with ids of its own", () => {
  expect(CALLS.length).toBe(27);
  expect(new Set(CALLS.map(({ type }) => type.id)).size).toBe(27);
});

describe.each(CALLS)("$name", ({ type, request, response }) => {
  const directions = codecs(type).map((codec, index) => ({ codec, body: index === 0 ? request : response }));

  test("comes back as it was, also with what is behind it", () => {
    for (const { codec, body } of directions) {
      fc.assert(
        fc.property(body, fc.uint8Array({ maxLength: 5 }), (value, more) => {
          const bytes = codec.encode(value);
          expect(codec.decode(bytes)).toEqual(value);
          expect(codec.decode(Uint8Array.from([...bytes, ...more]))).toEqual(value);
        }),
        SEED,
      );
    }
  });

  test("is refused wherever it is cut off", () => {
    for (const { codec, body } of directions) {
      fc.assert(
        fc.property(body, (value) => {
          const bytes = codec.encode(value);
          for (let end = 0; end < bytes.length; end++) {
            if (!isRefused(() => codec.decode(bytes.subarray(0, end)))) expect([value, end]).toBe("refused");
          }
        }),
        { ...SEED, numRuns: 25 },
      );
    }
  });

  test("is refused or understood, never an accident, where bytes are others", () => {
    for (const { codec, body } of directions) {
      fc.assert(
        fc.property(body, fc.nat(), fc.nat(255), (value, at, byte) => {
          const bytes = codec.encode(value);
          bytes[at % bytes.length] = byte;
          isRefused(() => codec.decode(bytes));
        }),
        { ...SEED, numRuns: 200 },
      );
    }
  });
});
