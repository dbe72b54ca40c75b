import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyValueMachine, decodeResult, encodeCommand, encodeQuery } from "#engines/raft/kv/index.js";
import {
  SessionMachine,
  decodeSessionResult,
  encodeOpenSession,
  encodeSessionCommand,
  type SessionOptions,
  type SessionResult,
} from "#engines/raft/sessions.js";
import type { StateMachine } from "#engines/raft/state-machine.js";
import { MemoryEnv } from "../support/memory-env.js";
import { hex, tryDecode, utf8 } from "./codec.support.js";

/** Remembers all it was given; the result is how often that was. */
class Recorder implements StateMachine {
  applied: string[] = [];

  apply(command: Uint8Array, index: number): Uint8Array {
    this.applied.push(`${index} ${hex(command)}`);
    return utf8(`result ${this.applied.length}`);
  }

  query(query: Uint8Array): Uint8Array {
    return query;
  }

  snapshot(): Uint8Array[] {
    return [utf8(JSON.stringify(this.applied)), utf8("end")];
  }

  restore(chunks: readonly Uint8Array[]): void {
    if (chunks.length !== 2) throw new Error(`expected two chunks, found ${chunks.length}`);
    this.applied = JSON.parse(new TextDecoder().decode(chunks[0])) as string[];
  }
}

/** A server: its machine, and the index of its last entry. */
class Server {
  readonly inner: Recorder = new Recorder();
  readonly machine: SessionMachine;
  index = 0;

  constructor(options?: SessionOptions) {
    this.machine = new SessionMachine(this.inner, options);
  }

  apply(command: Uint8Array): SessionResult {
    return decodeSessionResult(this.machine.apply(command, ++this.index));
  }

  open(): number {
    const result = this.apply(encodeOpenSession());
    if (result.kind !== "opened") throw new Error(`expected a session, found ${result.kind}`);
    return result.session;
  }

  /** The result as text; else what became of the command. */
  send(session: number, sequence: number, command = "command"): string {
    const result = this.apply(encodeSessionCommand(session, sequence, utf8(command)));
    return result.kind === "applied" ? new TextDecoder().decode(result.result) : result.kind;
  }

  restored(options?: SessionOptions): Server {
    const other = new Server(options);
    other.machine.restore(this.machine.snapshot());
    other.index = this.index;
    return other;
  }

  shown(): string[] {
    return this.machine.snapshot().map(hex);
  }
}

describe("a session", () => {
  test("has the index of the entry that opened it as its number", () => {
    const server = new Server();
    server.index = 41;
    expect([server.open(), server.open()]).toEqual([42, 43]);
  });

  test("applies a command once, however often it comes", () => {
    const env = new MemoryEnv();
    const server = new Server({ env });
    const session = server.open();
    expect(server.send(session, 1, "a")).toBe("result 1");
    expect([...env.marks]).toEqual([]);
    expect(server.send(session, 1, "a")).toBe("result 1");
    expect(server.send(session, 1, "a")).toBe("result 1");
    expect([...env.marks]).toEqual(["raft/session-deduplicated"]);
    expect(server.send(session, 2, "b")).toBe("result 2");
    expect(server.inner.applied).toEqual([`2 ${hex(utf8("a"))}`, `5 ${hex(utf8("b"))}`]);
  });

  test("takes gaps, and answers an earlier command as stale", () => {
    const server = new Server();
    const session = server.open();
    expect(server.send(session, 7)).toBe("result 1");
    expect(server.send(session, 6)).toBe("stale");
    expect(server.send(session, 7)).toBe("result 1");
    expect(server.inner.applied.length).toBe(1);
  });

  test("is apart from others", () => {
    const server = new Server();
    const [first, second] = [server.open(), server.open()];
    expect(server.send(first, 1)).toBe("result 1");
    expect(server.send(second, 1)).toBe("result 2");
    expect(server.send(first, 1)).toBe("result 1");
  });

  test("that is not there is answered as expired", () => {
    const server = new Server();
    expect(server.send(9, 1)).toBe("expired");
    expect(server.inner.applied).toEqual([]);
  });

  test("lets queries through", () => {
    expect(new Server().machine.query(utf8("q"))).toEqual(utf8("q"));
  });
});

describe("the table", () => {
  test("evicts who was not used for the longest time in the order of the log", () => {
    const env = new MemoryEnv();
    const server = new Server({ maxSessions: 3, env });
    const [first, second, third] = [server.open(), server.open(), server.open()];
    server.send(first, 1);
    server.send(second, 2);
    server.send(third, 1);
    // A repeated and a stale command are uses, too.
    server.send(first, 1);
    server.send(second, 1);
    expect(env.marks.has("raft/session-evicted")).toBe(false);
    const fourth = server.open();
    expect(env.marks.has("raft/session-evicted")).toBe(true);
    expect(server.send(third, 2)).toBe("expired");
    server.open();
    expect(server.send(first, 2)).toBe("expired");
    expect(server.send(second, 3)).toBe("result 4");
    expect(server.send(fourth, 1)).toBe("result 5");
  });

  test("does not come back for a session that was evicted", () => {
    const server = new Server({ maxSessions: 1 });
    const first = server.open();
    server.open();
    expect(server.send(first, 1)).toBe("expired");
    expect(server.send(first, 1)).toBe("expired");
  });

  test("is a part of the snapshot", () => {
    const server = new Server();
    const session = server.open();
    server.send(session, 1);
    const other = server.restored();
    expect(other.send(session, 1)).toBe("result 1");
    expect(other.inner.applied).toEqual(server.inner.applied);
  });

  test("of many sessions takes several chunks, and comes back with its order", () => {
    const server = new Server({ maxSessions: 5_000 });
    for (let i = 0; i < 5_000; i++) server.send(server.open(), 1);
    expect(server.machine.snapshot().length).toBeGreaterThan(4);
    const other = server.restored({ maxSessions: 5_000 });
    expect(other.shown()).toEqual(server.shown());
    other.open();
    expect(other.send(1, 1)).toBe("expired");
    expect(other.send(3, 1)).toBe("result 2");
  });

  // What the log decides on, it decides on every server alike, restored or not.
  test("is the same on a server that was restored on the way", () => {
    const step = fc.oneof(
      fc.constant(encodeOpenSession()),
      fc
        .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 4 }))
        .map(([session, sequence]) => encodeSessionCommand(session, sequence, utf8("c"))),
      fc.uint8Array({ maxLength: 3 }),
    );
    const steps = fc.array(step, { maxLength: 30 });
    fc.assert(
      fc.property(steps, steps, fc.integer({ min: 1, max: 4 }), (before, after, maxSessions) => {
        const server = new Server({ maxSessions });
        for (const each of before) server.machine.apply(each, ++server.index);
        const other = server.restored({ maxSessions });
        for (const each of after) {
          const index = ++server.index;
          expect(hex(other.machine.apply(each, index))).toBe(hex(server.machine.apply(each, index)));
        }
        expect(other.shown()).toEqual(server.shown());
        expect(other.inner.applied).toEqual(server.inner.applied);
      }),
      { seed: 20260805, numRuns: 200 },
    );
  });

  test("that makes no sense is refused, and all stays as it was", () => {
    const server = new Server();
    const session = server.open();
    server.send(session, 1);
    const before = server.shown();
    const [table, ...inner] = server.machine.snapshot();
    const wrong = [
      [],
      [table!.subarray(0, -1), ...inner],
      // Session 0; a session twice.
      [Uint8Array.of(1, 0, 1, 0, 1, 0), ...inner],
      [Uint8Array.of(1, 0, 2, 1, 1, 0, 1, 1, 0), ...inner],
    ];
    for (const chunks of wrong) {
      expect(tryDecode(() => server.machine.restore(chunks), table!)).toBe("bad format");
    }
    expect(() => server.machine.restore([table!])).toThrow("expected two chunks");
    expect(server.shown()).toEqual(before);
  });
});

describe("the bytes", () => {
  test("of commands and results", () => {
    expect(hex(encodeOpenSession())).toBe("01");
    expect(hex(encodeSessionCommand(300, 5, Uint8Array.of(9, 8)))).toBe("02ac02050908");
    const server = new Server();
    expect(hex(server.machine.apply(encodeOpenSession(), 300))).toBe("01ac02");
    const command = encodeSessionCommand(300, 5, Uint8Array.of(9));
    expect(hex(server.machine.apply(command, 301))).toBe(`02${hex(utf8("result 1"))}`);
    expect(hex(server.machine.apply(encodeSessionCommand(1, 1, command), 302))).toBe("03");
    expect(hex(server.machine.apply(encodeSessionCommand(300, 4, command), 303))).toBe("04");
    expect(server.shown()[0]).toBe(`010001ac020508${hex(utf8("result 1"))}`);
  });

  test.each([[[]], [[0]], [[3]], [[1, 0]], [[2]], [[2, 1]], [[2, 1, 0]], [[2, 0x80, 0, 1]], [[2, 1, 0x80]]])(
    "%j are no command: nothing happens, and the answer is an error",
    (bytes) => {
      const server = new Server();
      server.open();
      const before = server.shown();
      const result = server.machine.apply(Uint8Array.from(bytes), 2);
      expect(tryDecode(decodeSessionResult, result)).toBe("bad format");
      expect(server.shown()).toEqual(before);
    },
  );

  test.each([[[]], [[0]], [[1]], [[1, 5, 0]], [[3, 0]], [[4, 0]], [[6]]])("%j are no result", (bytes) => {
    expect(tryDecode(decodeSessionResult, Uint8Array.from(bytes))).toBe("bad format");
  });

  test.each([
    [0, 1],
    [1, 0],
  ])("of session %i and sequence %i are not written", (session, sequence) => {
    expect(() => encodeSessionCommand(session, sequence, utf8("c"))).toThrow("from 1 on");
  });
});

test("room for no session is refused", () => {
  expect(() => new SessionMachine(new Recorder(), { maxSessions: 0 })).toThrow("RAFT_BAD_ARGUMENT");
  expect(() => new SessionMachine(new Recorder(), { maxSessions: 1.5 })).toThrow("RAFT_BAD_ARGUMENT");
});

test("around the key-value store, an append that is sent twice appends once", () => {
  const machine = new SessionMachine(new KeyValueMachine());
  machine.apply(encodeOpenSession(), 1);
  const append = encodeSessionCommand(1, 1, encodeCommand({ op: "append", key: "k", value: "x" }));
  machine.apply(append, 2);
  machine.apply(append, 3);
  expect(decodeResult(machine.query(encodeQuery({ op: "get", key: "k" })))).toEqual({
    kind: "value",
    value: "x",
  });
});
