// What goes over the wire comes back as it was; what later versions add is passed over; all else is refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed, SeedstormError } from "#engines/env/index.js";
import { NO_FIELDS, defineRpc, fieldsCodec } from "#engines/rpc/index.js";
import { Echo } from "./support.js";

const { requestMessage, responseMessage } = Echo;
const token = fc.maxSafeNat();
const request = fc.record({
  caller: token,
  call: token,
  server: token,
  oldest: token,
  body: fc.string({ unit: "binary" }),
});
const text = fc.string();
const result = fc.oneof(
  fc.record({ kind: fc.constant("answer" as const), body: fc.string({ unit: "binary" }) }),
  fc.record({
    kind: fc.constant("error" as const),
    code: text,
    parts: fc.record({ expected: text, found: text, where: text, todo: text }),
  }),
  fc.record({ kind: fc.constant("reset" as const), server: token }),
);
const response = fc.record({ caller: token, call: token, result });

const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, 1, 2, 3]);

/** The code that decoding ends with. */
function codeOf(decode: () => unknown): string {
  try {
    decode();
    return "none";
  } catch (error) {
    if (error instanceof SeedstormError && !(error instanceof AssertionFailed)) return error.code;
    throw error;
  }
}

describe("frames", () => {
  test("come back as they were, also with fields behind them that are not known yet", () => {
    fc.assert(
      fc.property(request, response, (asked, answered) => {
        const [ask, answer] = [requestMessage.encode(asked), responseMessage.encode(answered)];
        expect(requestMessage.decode(ask)).toEqual(asked);
        expect(requestMessage.decode(longer(ask))).toEqual(asked);
        expect(responseMessage.decode(answer)).toEqual(answered);
        expect(responseMessage.decode(longer(answer))).toEqual(answered);
      }),
      { seed: 1 },
    );
  });

  test("that are cut off, of another version or no frames at all are refused with a typed error", () => {
    fc.assert(
      fc.property(request, response, fc.nat(), fc.uint8Array(), (asked, answered, cut, noise) => {
        const ask = requestMessage.encode(asked);
        const answer = responseMessage.encode(answered);
        expect(codeOf(() => requestMessage.decode(ask.subarray(0, cut % ask.length)))).toBe("RPC_BAD_FORMAT");
        expect(codeOf(() => responseMessage.decode(answer.subarray(0, cut % answer.length)))).toBe(
          "RPC_BAD_FORMAT",
        );
        expect(codeOf(() => requestMessage.decode(Uint8Array.of(2, ...ask.subarray(1))))).toBe(
          "RPC_BAD_FORMAT",
        );
        expect(codeOf(() => requestMessage.decode(noise))).toMatch(/^(none|RPC_BAD_FORMAT)$/);
        expect(codeOf(() => responseMessage.decode(noise))).toMatch(/^(none|RPC_BAD_FORMAT)$/);
      }),
      { seed: 2 },
    );
  });

  test("keep their layout", () => {
    const frame = { caller: 300, call: 2, server: 3, oldest: 1, body: "hi" };
    expect([...requestMessage.encode(frame)]).toEqual([1, 172, 2, 2, 3, 1, 4, 1, 2, 104, 105]);
    const reset = { caller: 300, call: 2, result: { kind: "reset", server: 9 } } as const;
    expect([...responseMessage.encode(reset)]).toEqual([1, 172, 2, 2, 2, 9]);
  });
});

describe("fields behind a version", () => {
  const codec = fieldsCodec<number>("a number", 3, {
    put: (sink, value) => sink.integer(value),
    read: (reader) => reader.integer(),
  });

  test("come back, and what stands behind them is passed over", () => {
    const bytes = codec.encode(300);
    expect([...bytes]).toEqual([3, 172, 2]);
    expect([codec.decode(bytes), codec.decode(longer(bytes))]).toEqual([300, 300]);
  });

  test.each([
    ["nothing", []],
    ["another version", [2, 172, 2]],
    ["the version alone", [3]],
  ])("are refused where there is %s", (_what, bytes) => {
    expect(codeOf(() => codec.decode(Uint8Array.from(bytes)))).toBe("RPC_BAD_FORMAT");
  });

  test("may be none", () => {
    const nothing = fieldsCodec("nothing", 1, NO_FIELDS);
    expect([...nothing.encode(undefined)]).toEqual([1]);
    expect(nothing.decode(Uint8Array.of(1))).toBe(undefined);
    expect(codeOf(() => nothing.decode(Uint8Array.of(2)))).toBe("RPC_BAD_FORMAT");
  });

  test.each([0, 256, 1.5])("have a version that is a byte, not %s", (version) => {
    expect(() => fieldsCodec("nothing", version, NO_FIELDS)).toThrow(AssertionFailed);
  });
});

describe("lone surrogates", () => {
  test("in a value are refused: two texts would become one", () => {
    const frame = { caller: 1, call: 1, server: 1, oldest: 1, body: "a\ud800" };
    expect(codeOf(() => requestMessage.encode(frame))).toBe("RPC_BAD_ARGUMENT");
  });

  test("in the parts of an error are replaced: it has to get there", () => {
    const parts = { expected: "\ufeffa", found: "b\udc00", where: "c", todo: "\ud800" };
    const frame = { caller: 1, call: 1, result: { kind: "error", code: "X", parts } } as const;
    expect(responseMessage.decode(responseMessage.encode(frame)).result).toEqual({
      kind: "error",
      code: "X",
      parts: { expected: "\ufeffa", found: "b\ufffd", where: "c", todo: "\ufffd" },
    });
  });
});

test("a call's id leaves room for its response", () => {
  const codec = { encode: () => new Uint8Array(0), decode: () => undefined };
  for (const id of [1, -2, 0xfffffffe, 2.5]) {
    expect(() => defineRpc({ id, name: "x", request: codec, response: codec })).toThrow(AssertionFailed);
  }
});
