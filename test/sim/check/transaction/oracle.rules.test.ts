// Every rule fires on a history that breaks it, and on nothing less.
import { describe, expect, test } from "vitest";
import {
  TransactionOracle,
  type GroupPosition,
  type LogEntry,
  type RecordSource,
  type TransactionLog,
} from "#sim/check/index.js";

const [A, B, IN] = ["out-0", "out-1", "in-0"];
const GROUP = "g";

type End = "commit" | "abort" | "commit?" | "abort?" | "none";

class Bench {
  readonly oracle: TransactionOracle = new TransactionOracle();

  /** A transaction of these records, and how it ended: with a question mark, nobody heard. */
  transaction(
    records: readonly (readonly [partition: string, value: string, source?: RecordSource])[],
    end: End,
    { producer = 0, positions = [] as readonly GroupPosition[] } = {},
  ): string | undefined {
    const { oracle } = this;
    const transaction = oracle.begin(producer);
    for (const [partition, value, source] of records) {
      oracle.done(oracle.send(0, { transaction, partition, value, source }));
    }
    if (positions.length > 0) oracle.done(oracle.sendPositions(0, transaction, positions));
    if (end === "none") return undefined;
    const asked = oracle.askEnd(0, transaction, end.startsWith("commit"));
    if (!end.endsWith("?")) return oracle.ended(asked)?.rule;
    oracle.unknown(asked, "TIMED_OUT");
    return undefined;
  }

  alone(partition: string, value: string, producer = 9): void {
    this.oracle.ended(this.oracle.sendAlone(9, producer, { partition, value }));
  }

  read(
    partition: string,
    from: number,
    entries: readonly LogEntry[],
    more: { to?: number; isCommitted?: boolean } = {},
  ) {
    const { to = (entries.at(-1)?.offset ?? from - 1) + 1, isCommitted = true } = more;
    const operation = this.oracle.ask(1, { kind: "read", partition, from, isCommitted });
    return this.oracle.read(operation, entries, to)?.rule;
  }

  position(partition: string, offset: number | undefined): string | undefined {
    return this.oracle.position(this.oracle.ask(1, { kind: "position", group: GROUP, partition }), offset)
      ?.rule;
  }

  finish(logs: readonly TransactionLog[], positions: readonly GroupPosition[] = []): string[] {
    return this.oracle.finish({ logs, positions }).map(({ rule }) => rule);
  }
}

const at = (offset: number, value: string): LogEntry => ({ offset, value });

function log(
  partition: string,
  committed: readonly LogEntry[],
  more: Partial<TransactionLog> = {},
): TransactionLog {
  const all = more.all ?? committed;
  const end = (all.at(-1)?.offset ?? -1) + 2;
  return { partition, committed, all, end, stable: end, ...more };
}

const source = (offset: number): RecordSource => ({ group: GROUP, partition: IN, offset });
const position = (offset: number): GroupPosition => ({ group: GROUP, partition: IN, offset });

describe("while it runs", () => {
  test("what was committed is read, in any transaction's midst", () => {
    const bench = new Bench();
    bench.transaction(
      [
        [A, "a"],
        [A, "b"],
      ],
      "commit",
    );
    bench.transaction([[A, "c"]], "abort");
    bench.transaction([[A, "d"]], "commit?");
    expect(bench.read(A, 0, [at(0, "a"), at(1, "b")])).toBeUndefined();
    expect(bench.read(A, 2, [at(5, "d")])).toBeUndefined();
    expect(bench.read(A, 0, [at(3, "c")], { isCommitted: false })).toBeUndefined();
  });

  test("never-sent: also to another partition", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "commit");
    expect(bench.read(A, 0, [at(0, "x")])).toBe("never-sent");
    expect(bench.read(B, 0, [at(0, "a")])).toBe("never-sent");
  });

  test("read-wrong: backwards, before the position, and beyond where the reader stands", () => {
    const bench = new Bench();
    bench.transaction(
      [
        [A, "a"],
        [A, "b"],
      ],
      "commit",
    );
    expect(bench.read(A, 0, [at(1, "b"), at(0, "a")], { to: 2 })).toBe("read-wrong");
    expect(bench.read(A, 1, [at(0, "a")], { to: 2 })).toBe("read-wrong");
    expect(bench.read(A, 0, [at(0, "a")], { to: 0 })).toBe("read-wrong");
  });

  test("read-changed and duplicated", () => {
    const bench = new Bench();
    bench.transaction(
      [
        [A, "a"],
        [A, "b"],
      ],
      "commit",
    );
    expect(bench.read(A, 0, [at(0, "a")])).toBeUndefined();
    expect(bench.read(A, 0, [at(0, "b")])).toBe("read-changed");
    expect(bench.read(A, 1, [at(1, "a")])).toBe("duplicated");
  });

  test("open-read: nobody had asked for the commit", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "none");
    bench.transaction([[A, "b"]], "abort?");
    expect(bench.read(A, 0, [at(0, "a")], { isCommitted: false })).toBeUndefined();
    expect(bench.read(A, 0, [at(0, "a")])).toBe("open-read");
    expect(bench.read(A, 1, [at(1, "b")])).toBe("open-read");
  });

  test("aborted-read: whichever was known first", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "abort");
    expect(bench.read(A, 0, [at(0, "a")])).toBe("aborted-read");
    const { oracle } = bench;
    const transaction = oracle.begin(0);
    oracle.done(oracle.send(0, { transaction, partition: A, value: "b" }));
    oracle.unknown(oracle.askEnd(0, transaction, true), "TIMED_OUT");
    expect(bench.read(A, 1, [at(1, "b")])).toBeUndefined();
    expect(oracle.ended(oracle.askEnd(0, transaction, false))?.rule).toBe("aborted-read");
  });

  test("aborted-read: a record by itself that was reported as not appended", () => {
    const { oracle } = new Bench();
    const failed = oracle.sendAlone(0, 0, { partition: A, value: "a" });
    expect(oracle.failed(failed, "TOO_LARGE")).toBeUndefined();
    const read = oracle.ask(1, { kind: "read", partition: A, from: 0, isCommitted: true });
    expect(oracle.read(read, [at(0, "a")], 1)?.rule).toBe("aborted-read");
  });

  test("position-uncommitted: of an aborted transaction, of one nobody asked to commit, of nobody", () => {
    const bench = new Bench();
    bench.transaction([], "commit", { positions: [position(1)] });
    bench.transaction([], "commit?", { positions: [position(2)] });
    bench.transaction([], "abort", { positions: [position(3)] });
    bench.transaction([], "none", { positions: [position(4)] });
    expect([undefined, 0, 1, 2].map((offset) => bench.position(IN, offset))).toEqual(
      Array(4).fill(undefined),
    );
    expect([3, 4, 5].map((offset) => bench.position(IN, offset))).toEqual(
      Array(3).fill("position-uncommitted"),
    );
  });
});

describe("in the end", () => {
  test("whole transactions hold, and those without an answer are there or not", () => {
    const bench = new Bench();
    bench.alone(A, "z");
    bench.transaction(
      [
        [A, "a"],
        [B, "b"],
      ],
      "commit",
    );
    bench.transaction(
      [
        [A, "c"],
        [B, "d"],
      ],
      "commit?",
    );
    bench.transaction(
      [
        [A, "e"],
        [B, "f"],
      ],
      "commit?",
    );
    bench.transaction([[A, "g"]], "abort");
    const committed = [at(0, "z"), at(1, "a"), at(3, "c")];
    const logs = [
      log(A, committed, { all: [...committed, at(5, "e"), at(7, "g")] }),
      log(B, [at(0, "b"), at(2, "d")]),
    ];
    expect(bench.finish(logs)).toEqual([]);
  });

  test("never-sent and read-wrong", () => {
    expect(new Bench().finish([log(A, [at(0, "a")])])).toContain("never-sent");
    const bench = new Bench();
    bench.transaction(
      [
        [A, "a"],
        [A, "b"],
      ],
      "commit",
    );
    expect(bench.finish([log(A, [at(0, "a"), at(1, "b")], { all: [at(0, "a")] })])).toEqual(["read-wrong"]);
    expect(bench.finish([log(A, [at(1, "a"), at(0, "b")])])).toContain("read-wrong");
  });

  test("duplicated, also where only one counts", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "commit");
    expect(bench.finish([log(A, [at(0, "a")], { all: [at(0, "a"), at(1, "a")] })])).toEqual(["duplicated"]);
  });

  test("committed-lost and partial", () => {
    const acknowledged = new Bench();
    acknowledged.transaction(
      [
        [A, "a"],
        [B, "b"],
      ],
      "commit",
    );
    expect(acknowledged.finish([log(A, [at(0, "a")]), log(B, [], { all: [at(0, "b")] })])).toEqual([
      "committed-lost",
    ]);
    const asked = new Bench();
    asked.transaction(
      [
        [A, "a"],
        [B, "b"],
      ],
      "commit?",
    );
    expect(asked.finish([log(A, [at(0, "a")]), log(B, [])])).toEqual(["partial"]);
    const alone = new Bench();
    alone.alone(A, "a");
    expect(alone.finish([log(A, [])])).toEqual(["committed-lost"]);
  });

  test("aborted-read and open-read, where no reader came by", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "abort");
    expect(bench.finish([log(A, [at(0, "a")])])).toEqual(["aborted-read"]);
    const open = new Bench();
    open.transaction([[A, "a"]], "none");
    expect(open.finish([log(A, [at(0, "a")])])).toEqual(["open-read"]);
  });

  test("reordered: of one producer in one partition, over its transactions", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "commit", { producer: 1 });
    bench.transaction([[A, "b"]], "commit", { producer: 1 });
    bench.transaction([[A, "c"]], "commit", { producer: 2 });
    expect(bench.finish([log(A, [at(0, "c"), at(1, "a"), at(2, "b")])])).toEqual([]);
    expect(bench.finish([log(A, [at(0, "b"), at(1, "a"), at(2, "c")])])).toEqual(["reordered"]);
  });

  test("read-changed: what was read as committed is not any more", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "commit?");
    bench.read(A, 0, [at(0, "a")]);
    expect(bench.finish([log(A, [], { all: [at(0, "a")] })])).toEqual(["read-changed"]);
    const uncommitted = new Bench();
    uncommitted.transaction([[A, "a"]], "commit?");
    uncommitted.read(A, 0, [at(0, "a")], { isCommitted: false });
    expect(uncommitted.finish([log(A, [], { all: [at(0, "a")] })])).toEqual([]);
  });

  test("skipped: by readers of committed records and by others", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "commit");
    bench.transaction([[A, "b"]], "abort");
    bench.transaction([[A, "c"]], "commit");
    const logs = [log(A, [at(0, "a"), at(4, "c")], { all: [at(0, "a"), at(2, "b"), at(4, "c")] })];
    bench.read(A, 0, [at(0, "a"), at(4, "c")]);
    bench.read(A, 1, [], { to: 4 });
    expect(bench.finish(logs)).toEqual([]);
    bench.read(A, 0, [at(4, "c")]);
    expect(bench.finish(logs)).toEqual(["skipped"]);
    const other = new Bench();
    other.transaction([[A, "b"]], "abort");
    other.read(A, 0, [], { to: 1, isCommitted: false });
    expect(other.finish([log(A, [], { all: [at(0, "b")] })])).toEqual(["skipped"]);
  });

  test("hanging", () => {
    const bench = new Bench();
    bench.transaction([[A, "a"]], "none");
    expect(bench.finish([log(A, [], { all: [at(0, "a")], end: 1, stable: 0 })])).toEqual(["hanging"]);
  });
});

describe("pipelines", () => {
  function piped(end: End = "commit"): Bench {
    const bench = new Bench();
    for (const value of ["x", "y"]) bench.alone(IN, value);
    bench.transaction([[A, "x'", source(0)]], end, { positions: [position(1)] });
    bench.transaction([[A, "y'", source(1)]], end, { positions: [position(2)] });
    return bench;
  }
  const inputs = log(IN, [at(0, "x"), at(1, "y")]);
  const both = [inputs, log(A, [at(0, "x'"), at(2, "y'")])];

  test("each record is in the output once, and the group has passed it", () => {
    expect(piped().finish(both, [position(2)])).toEqual([]);
    expect(piped("commit?").finish([inputs, log(A, [])], [position(0)])).toEqual([]);
    expect(piped("commit?").finish([inputs, log(A, [at(0, "x'")])], [position(1)])).toEqual([]);
  });

  test("source-lost: passed, and nothing made of it", () => {
    expect(piped("commit?").finish([inputs, log(A, [at(0, "x'")])], [position(2)])).toEqual(["source-lost"]);
  });

  test("source-twice", () => {
    const bench = piped("commit?");
    bench.transaction([[A, "x''", source(0)]], "commit?", { producer: 1, positions: [position(1)] });
    const output = log(A, [at(0, "x'"), at(2, "y'"), at(4, "x''")]);
    expect(bench.finish([inputs, output], [position(2)])).toEqual(["source-twice"]);
  });

  test("position-behind: of what is in the output, and of a commit that was acknowledged", () => {
    expect(piped("commit?").finish(both, [position(1)])).toEqual(["position-behind"]);
    const silent = new Bench();
    silent.transaction([], "commit", { positions: [position(2)] });
    silent.transaction([], "commit?", { positions: [position(1)] });
    expect(silent.finish([log(IN, [])], [position(1)])).toEqual(["position-behind"]);
  });

  test("source-uncommitted: made of a record of an aborted transaction", () => {
    const bench = new Bench();
    bench.transaction([[IN, "x"]], "abort", { producer: 1 });
    bench.transaction([[A, "x'", source(0)]], "commit", { positions: [position(1)] });
    const logs = [log(IN, [], { all: [at(0, "x")] }), log(A, [at(0, "x'")])];
    expect(bench.finish(logs, [position(1)])).toEqual(["source-uncommitted"]);
  });

  test("position-uncommitted", () => {
    const bench = new Bench();
    bench.transaction([], "abort", { positions: [position(1)] });
    expect(bench.finish([log(IN, [])], [position(1)])).toEqual(["position-uncommitted"]);
  });
});
