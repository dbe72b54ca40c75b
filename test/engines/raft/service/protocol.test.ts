// What clients and servers say comes back from its bytes as it was; bytes that make no sense are refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { putTexts } from "#engines/bytes/index.js";
import { AssertionFailed, SeedstormError } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import {
  CHANGE_MEMBERSHIP,
  EXECUTE,
  OPEN_SESSION,
  QUERY,
  TRANSFER_LEADERSHIP,
  errorOf,
  refusalOf,
  type Answer,
} from "#engines/raft/service/protocol.js";
import { defineRpc, fieldsCodec, type RpcCodec, type RpcType } from "#engines/rpc/index.js";

const ALL: readonly RpcType<never, Answer<unknown>>[] = [
  OPEN_SESSION,
  EXECUTE,
  QUERY,
  CHANGE_MEMBERSHIP,
  TRANSFER_LEADERSHIP,
] as never;

const name = fc.string();
const bytes = fc.uint8Array();
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const refusal = fc.record({
  code: fc.constantFrom("RAFT_NOT_LEADER", "RAFT_BUSY", "RAFT_UNKNOWN", "RAFT_LOG_LOST"),
  outcome: fc.constantFrom("failed", "unknown"),
  leader: fc.option(name, { nil: undefined }),
  parts: fc.record({ expected: name, found: name, where: name, todo: name }),
});

const asIs: RpcCodec<Uint8Array> = { encode: (body) => body, decode: (body) => body };
const RAW = defineRpc({ id: 2, name: "raw", request: asIs, response: asIs });

/** A response with these bytes for its body. */
function answerOf(body: Uint8Array): Uint8Array {
  return RAW.responseMessage.encode({ caller: 1, call: 2, result: { kind: "answer", body } });
}

function throughBytes<T>(type: RpcType<T, never>, body: T): T {
  const message = type.requestMessage;
  return message.decode(message.encode({ caller: 1, call: 2, server: 3, oldest: 2, body })).body;
}

function answerThroughBytes<T>(type: RpcType<never, Answer<T>>, body: unknown): unknown {
  const message = type.responseMessage;
  const result = { kind: "answer", body: body as Answer<T> } as const;
  return message.decode(message.encode({ caller: 1, call: 2, result })).result;
}

describe("the protocol", () => {
  test("keeps requests", () => {
    const command = fc.record({ session: number, sequence: number, command: bytes });
    const query = fc.record({
      consistency: fc.constantFrom("linearizable", "lease", "stale"),
      query: bytes,
    });
    const members = fc.record({ voters: fc.array(name), learners: fc.array(name) });
    fc.assert(
      fc.property(command, query, members, name, (c, q, m, n) => {
        expect(throughBytes(OPEN_SESSION as never, undefined)).toBe(undefined);
        expect(throughBytes(EXECUTE as never, c)).toEqual(c);
        expect(throughBytes(QUERY as never, q)).toEqual(q);
        expect(throughBytes(CHANGE_MEMBERSHIP as never, m)).toEqual(m);
        expect(throughBytes(TRANSFER_LEADERSHIP as never, n)).toBe(n);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test("keeps answers and refusals", () => {
    fc.assert(
      fc.property(refusal, bytes, number, (refused, value, session) => {
        for (const type of ALL) {
          const body = { ok: false, refusal: refused };
          expect(answerThroughBytes(type, body)).toEqual({ kind: "answer", body });
        }
        for (const type of [EXECUTE, QUERY]) {
          expect(answerThroughBytes(type as never, { ok: true, value })).toMatchObject({ body: { value } });
        }
        const opened = { ok: true, value: session };
        expect(answerThroughBytes(OPEN_SESSION as never, opened)).toMatchObject({ body: opened });
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  test("keeps its layout", () => {
    const asked = <T>(type: RpcType<T, never>, request: T): string => {
      const sent = type.requestMessage.encode({ caller: 1, call: 2, server: 3, oldest: 2, body: request });
      return RAW.requestMessage.decode(sent).body.join(" ");
    };
    const answered = <T>(type: RpcType<never, Answer<T>>, answer: Answer<T>): string => {
      const result = { kind: "answer", body: answer } as const;
      const sent = RAW.responseMessage.decode(type.responseMessage.encode({ caller: 1, call: 2, result }));
      return sent.result.kind === "answer" ? sent.result.body.join(" ") : "another";
    };
    expect(asked(OPEN_SESSION as never, undefined)).toBe("1");
    const command = { session: 300, sequence: 5, command: Uint8Array.of(9, 8) };
    expect(asked(EXECUTE as never, command)).toBe("1 172 2 5 2 9 8");
    expect(asked(QUERY as never, { consistency: "lease", query: Uint8Array.of(7) })).toBe("1 1 1 7");
    const members = { voters: ["a", "bc"], learners: [] };
    expect(asked(CHANGE_MEMBERSHIP as never, members)).toBe("1 2 1 97 2 98 99 0");
    expect(asked(TRANSFER_LEADERSHIP as never, "é")).toBe("1 2 195 169");

    expect(answered(OPEN_SESSION as never, { ok: true, value: 300 })).toBe("1 1 172 2");
    expect(answered(EXECUTE as never, { ok: true, value: Uint8Array.of(6) })).toBe("1 1 1 6");
    expect(answered(TRANSFER_LEADERSHIP as never, { ok: true, value: undefined })).toBe("1 1");
    const parts = { expected: "e", found: "f", where: "w", todo: "" };
    const refused = { code: "RAFT_BUSY", outcome: "failed", leader: "s2", parts } as const;
    expect(answered(EXECUTE as never, { ok: false, refusal: refused })).toBe(
      "1 0 9 82 65 70 84 95 66 85 83 89 1 1 2 115 50 1 101 1 102 1 119 0",
    );
  });

  test("takes a code that it does not know for a doubt", () => {
    const later = fieldsCodec("a later refusal", 1, {
      put(sink, code: string) {
        sink.integer(0);
        sink.text(code);
        sink.integer(1);
        putTexts(sink, ["s2"]);
        for (const part of ["a", "b", "c", "d"]) sink.text(part);
      },
      read: () => "",
    });
    expect(EXECUTE.responseMessage.decode(answerOf(later.encode("RAFT_LATER"))).result).toMatchObject({
      body: { refusal: { code: "RAFT_UNKNOWN", outcome: "unknown", leader: "s2" } },
    });
  });

  test("gives the error again that was refused with", () => {
    const parts = { expected: "a", found: "b", where: "c", todo: "d" };
    const error = new RaftError("RAFT_UNKNOWN", parts, { outcome: "unknown", leader: "s3" });
    expect(errorOf(refusalOf(error))).toEqual(error);
  });

  test("refuses bytes that make no sense with a typed error, and never lets a session 0 in", () => {
    const decoders = ALL.flatMap(({ requestMessage, responseMessage }) => [requestMessage, responseMessage]);
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ maxLength: 40 }), (which, noise) => {
        const framed = answerOf(noise);
        for (const input of [noise, framed]) {
          try {
            decoders[which % decoders.length]!.decode(input);
          } catch (error) {
            expect(error).toBeInstanceOf(SeedstormError);
            expect(error).not.toBeInstanceOf(AssertionFailed);
          }
        }
      }),
      { seed: 3, numRuns: 300 },
    );
    for (const [session, sequence] of [
      [0, 1],
      [1, 0],
    ]) {
      const command = { session: session!, sequence: sequence!, command: new Uint8Array(0) };
      expect(() => throughBytes(EXECUTE as never, command)).toThrow(/RPC_BAD_FORMAT/);
    }
  });
});
