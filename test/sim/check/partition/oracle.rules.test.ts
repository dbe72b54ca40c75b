// Every rule fires on a history that breaks it, and on nothing less.
import { describe, expect, test } from "vitest";
import {
  PartitionOracle,
  type LogEntry,
  type PartitionBroken,
  type PartitionInput,
  type PartitionOperation,
} from "#sim/check/index.js";

const P = "orders-0";
type Sending = Partial<Extract<PartitionInput, { readonly kind: "send" }>>;

class Bench {
  readonly oracle: PartitionOracle;
  mayLose: "nothing" | "any" = "nothing";

  constructor() {
    this.oracle = new PartitionOracle({ mayLose: () => this.mayLose });
  }

  send(value: string, more: Sending = {}): PartitionOperation {
    const input = { partition: P, value, isPromised: true, isOnce: true, producer: 0, ...more };
    return this.oracle.send(0, input);
  }

  sent(value: string, offset: number | undefined, more: Sending = {}, term = 0): PartitionBroken | undefined {
    return this.oracle.acknowledged(this.send(value, more), offset, term);
  }

  read(from: number, entries: readonly LogEntry[], isGapless = true): string | undefined {
    const operation = this.oracle.asked(1, { kind: "read", partition: P, from });
    return this.oracle.read(operation, entries, isGapless)?.rule;
  }

  end(offset: number, term = 0, client = 1): string | undefined {
    return this.oracle.end(this.oracle.asked(client, { kind: "end", partition: P }), offset, term)?.rule;
  }

  finish(
    entries: readonly LogEntry[],
    more: { start?: number; end?: number; isCompacted?: boolean; hasRetention?: boolean } = {},
  ): string[] {
    const { start = 0, isCompacted = false, hasRetention = true } = more;
    const end = more.end ?? (entries.at(-1)?.offset ?? start - 1) + 1;
    const log = { partition: P, start, hasRetention, end, entries, isCompacted };
    return this.oracle.finish([log]).map(({ rule }) => rule);
  }
}

function at(offset: number, value: string, key?: string): LogEntry {
  return key === undefined ? { offset, value } : { offset, value, key };
}

describe("while it runs", () => {
  test("what was read stays, and is in order", () => {
    const bench = new Bench();
    for (const [offset, value] of ["a", "b", "c"].entries())
      expect(bench.sent(value, offset)).toBeUndefined();
    expect(bench.read(0, [at(0, "a"), at(1, "b")])).toBeUndefined();
    expect(bench.read(1, [at(1, "b"), at(2, "c")])).toBeUndefined();
    expect(bench.read(0, [at(0, "b")])).toBe("acknowledged-elsewhere");
    expect(bench.read(0, [at(1, "b")])).toBe("read-wrong");
    expect(bench.read(0, [at(1, "b")], false)).toBeUndefined();
    expect(bench.read(2, [at(1, "b")], false)).toBe("read-wrong");
    expect(bench.read(0, [at(0, "z")])).toBe("never-sent");
  });

  test("another record in a place that was read", () => {
    const bench = new Bench();
    bench.send("a");
    bench.send("b");
    expect(bench.read(0, [at(0, "a")])).toBeUndefined();
    expect(bench.read(0, [at(0, "b")])).toBe("read-changed");
    expect(bench.sent("c", 0)?.rule).toBe("acknowledged-elsewhere");
    expect(bench.sent("d", 0, { isPromised: false })).toBeUndefined();
  });

  test("a record that failed", () => {
    const bench = new Bench();
    const a = bench.send("a");
    const b = bench.send("b");
    expect(bench.oracle.failed(a, "NOT_ENOUGH_REPLICAS")).toBeUndefined();
    expect(bench.read(0, [at(0, "a")])).toBe("failed-yet-there");
    expect(bench.read(1, [at(1, "b")])).toBeUndefined();
    expect(bench.oracle.failed(b, "NOT_ENOUGH_REPLICAS")?.rule).toBe("failed-yet-there");
  });

  test("an end that goes back for one client, not for another, nor for one that began anew", () => {
    const bench = new Bench();
    expect(bench.end(5, 1)).toBeUndefined();
    expect(bench.end(4, 0, 2)).toBeUndefined();
    expect(bench.end(4, 0)).toBe("end-went-back");
    bench.oracle.restarted(2);
    expect(bench.end(4, 0)).toBe("end-went-back");
    bench.oracle.restarted(1);
    expect(bench.end(4, 0)).toBeUndefined();
    expect(bench.end(3, 0)).toBe("end-went-back");
  });

  test("an end below one that its own leader, or an earlier one, had said", () => {
    const bench = new Bench();
    expect(bench.end(5, 3)).toBeUndefined();
    expect(bench.end(4, 2, 2)).toBeUndefined();
    expect(bench.end(4, 3, 3)).toBe("end-stale");
    expect(bench.end(4, 4, 4)).toBe("end-stale");
    expect(bench.end(5, 4, 5)).toBeUndefined();
  });

  test("an end that leaves out what its own leader, or an earlier one, acknowledged", () => {
    const bench = new Bench();
    bench.sent("a", 0, {}, 3);
    expect(bench.end(0, 2, 1)).toBeUndefined();
    expect(bench.end(1, 3, 2)).toBeUndefined();
    expect(bench.end(0, 3, 3)).toBe("end-stale");
    expect(bench.end(0, 4, 4)).toBe("end-stale");
    bench.sent("weak", 9, { isPromised: false }, 3);
    bench.sent("nowhere", undefined, {}, 3);
    expect(bench.end(1, 3, 5)).toBeUndefined();
  });

  test("an end that was asked for before the acknowledgement", () => {
    const bench = new Bench();
    const asked = bench.oracle.asked(1, { kind: "end", partition: P });
    bench.sent("a", 0);
    expect(bench.end(1, 0, 2)).toBeUndefined();
    expect(bench.oracle.end(asked, 0, 0)).toBeUndefined();
  });
});

describe("in the end", () => {
  test("a log that is right", () => {
    const bench = new Bench();
    bench.sent("a", 0);
    bench.send("b");
    bench.sent("c", 1);
    bench.oracle.failed(bench.send("d"), "MESSAGE_TOO_LARGE");
    expect(bench.finish([at(0, "a"), at(1, "c")])).toEqual([]);
    expect(bench.finish([at(0, "a"), at(1, "c"), at(2, "b")])).toEqual(["reordered"]);
  });

  test("each rule", () => {
    const bench = new Bench();
    bench.sent("a", 0);
    bench.sent("b", undefined);
    bench.sent("weak", 2, { isPromised: false });
    bench.oracle.failed(bench.send("no"), "NOT_ENOUGH_REPLICAS");
    expect(bench.finish([at(0, "a"), at(1, "b"), at(2, "weak")])).toEqual([]);
    expect(bench.finish([at(0, "a"), at(1, "b")])).toEqual([]);
    expect(bench.finish([at(0, "a")])).toEqual(["acknowledged-lost"]);
    expect(bench.finish([at(0, "b"), at(1, "a")])).toEqual(["acknowledged-elsewhere", "reordered"]);
    expect(bench.finish([at(0, "a"), at(1, "b"), at(2, "b")])).toEqual(["duplicated"]);
    expect(bench.finish([at(0, "a"), at(1, "b"), at(2, "no")])).toEqual(["failed-yet-there"]);
    expect(bench.finish([at(0, "a"), at(1, "b"), at(2, "x")])).toEqual(["never-sent"]);
    expect(bench.finish([at(0, "a"), at(2, "b")])).toEqual(["read-wrong"]);
    expect(bench.finish([at(0, "a"), at(1, "b")], { end: 3 })).toEqual(["read-wrong"]);
    expect(bench.finish([at(1, "b")], { start: 1 })).toEqual([]);
    expect(bench.finish([], { start: 2 })).toEqual([]);
  });

  test("a record that was read and is not there", () => {
    const bench = new Bench();
    bench.send("a");
    bench.read(0, [at(0, "a")]);
    expect(bench.finish([])).toEqual(["read-changed"]);
    expect(bench.finish([], { start: 1 })).toEqual([]);
  });

  test("two producers have no order between them, nor what is not idempotent", () => {
    const bench = new Bench();
    bench.send("a");
    bench.send("b", { producer: 1 });
    bench.send("c", { isOnce: false });
    expect(bench.finish([at(0, "c"), at(1, "b"), at(2, "a"), at(3, "c")])).toEqual([]);
  });

  test("without retention a log does not lose its beginning", () => {
    const bench = new Bench();
    for (const [offset, value] of ["a", "b"].entries()) bench.sent(value, offset, { key: value });
    expect(bench.read(0, [at(0, "a", "a")])).toBeUndefined();
    const [rest, without] = [[at(1, "b", "b")], { start: 1, hasRetention: false }];
    expect(bench.finish(rest, without)).toEqual(["read-wrong", "acknowledged-lost", "read-changed"]);
    expect(bench.finish(rest, { ...without, isCompacted: true })).toEqual(["latest-lost"]);
  });

  test("a compacted log keeps the latest of each key", () => {
    const bench = new Bench();
    bench.sent("a1", 0, { key: "a" });
    bench.sent("b1", 1, { key: "b" });
    bench.sent("a2", 2, { key: "a" });
    const compacted = { isCompacted: true, end: 3 };
    expect(bench.finish([at(1, "b1", "b"), at(2, "a2", "a")], compacted)).toEqual([]);
    expect(bench.finish([at(0, "a1", "a"), at(1, "b1", "b")], compacted)).toEqual(["latest-lost"]);
    expect(bench.finish([at(2, "a2", "a")], compacted)).toEqual(["latest-lost"]);
    expect(bench.finish([at(1, "b1", "a"), at(2, "a2", "a")], compacted)).toEqual(["never-sent"]);
  });

  test("a tombstone takes all before it along, and goes", () => {
    const bench = new Bench();
    bench.sent("a1", 0, { key: "a" });
    bench.sent("gone", 1, { key: "a", isTombstone: true });
    bench.sent("a2", 2, { key: "a" });
    expect(bench.finish([at(2, "a2", "a")], { isCompacted: true })).toEqual([]);
    expect(bench.finish([at(1, "gone", "a")], { isCompacted: true })).toEqual(["latest-lost"]);
    expect(bench.finish([], { isCompacted: true, end: 3 })).toEqual(["latest-lost"]);
  });

  test("losses are counted where they may be, all else is not", () => {
    const bench = new Bench();
    bench.sent("a", 0);
    bench.sent("b", 1);
    bench.mayLose = "any";
    expect(bench.end(0)).toBeUndefined();
    expect(bench.finish([at(0, "a")])).toEqual([]);
    expect(bench.oracle.lost).toBe(1);
    expect(bench.finish([at(0, "a"), at(1, "x")])).toEqual(["never-sent"]);
  });
});
