import { describe, expect, it } from "vitest";
import { LogOracle, type Append, type Broken } from "#sim/check/index.js";

/** A record's bytes: its key, and some more. */
function bytes(key: number, filler = 7): Uint8Array {
  return new Uint8Array([key, filler, filler]);
}

function oracleWith(lyingDisk = false): LogOracle {
  return new LogOracle({ keyOf: (record) => record[0] ?? -1, lyingDisk });
}

function sendOne(oracle: LogOracle, key: number): Append {
  return oracle.sent(0, [bytes(key)])[0]!;
}

/** Appends keys 1..n of one client, acknowledged as durable at LSN 1..n. */
function filled(n: number, lyingDisk = false): { oracle: LogOracle; appends: Append[] } {
  const oracle = oracleWith(lyingDisk);
  const appends = Array.from({ length: n }, (_, i) => {
    const append = sendOne(oracle, i + 1);
    expect(oracle.acknowledged(append, i + 1, true)).toBeUndefined();
    return append;
  });
  return { oracle, appends };
}

function records(...keys: number[]): { lsn: number; bytes: Uint8Array }[] {
  return keys.map((key, i) => ({ lsn: i + 1, bytes: bytes(key) }));
}

function rule(broken: Broken | undefined): string | undefined {
  return broken?.rule;
}

describe("the durability oracle", () => {
  it("holds a log that gives everything back, and an unanswered record or not", () => {
    const { oracle } = filled(3);
    sendOne(oracle, 4);
    expect(oracle.recovered(records(1, 2, 3, 4), 4, false)).toBeUndefined();
    expect(oracle.recovered(records(1, 2, 3, 4), 4, false)).toBeUndefined();
  });

  it.each<[string, number[]]>([
    ["acknowledged-lost", [1, 2]],
    ["acknowledged-changed", [1, 3, 2]],
    ["invented", [1, 2, 3, 99]],
    ["duplicated", [1, 2, 3, 3]],
  ])("finds %s", (expected, keys) => {
    const { oracle } = filled(3);
    expect(rule(oracle.recovered(records(...keys), keys.length, false))).toBe(expected);
  });

  it("finds changed bytes under an acknowledged LSN", () => {
    const { oracle } = filled(2);
    const found = [...records(1), { lsn: 2, bytes: bytes(2, 8) }];
    expect(rule(oracle.recovered(found, 2, false))).toBe("acknowledged-changed");
  });

  it("finds holes: inside, before the first record, and at the end", () => {
    const { oracle } = filled(3);
    const [first, second, third] = records(1, 2, 3);
    expect(rule(oracle.recovered([first!, third!], 3, false))).toBe("hole");
    expect(rule(oracle.recovered([second!, third!], 3, false))).toBe("hole");
    expect(rule(oracle.recovered([first!, second!, third!], 4, false))).toBe("hole");
    oracle.prefixDropped(2);
    expect(oracle.recovered([second!, third!], 3, false)).toBeUndefined();
  });

  it("holds what was merely written against a crash of the process, not of the machine", () => {
    const fill = (): LogOracle => {
      const oracle = oracleWith();
      oracle.acknowledged(sendOne(oracle, 1), 1, false);
      return oracle;
    };
    expect(rule(fill().recovered([], 0, true))).toBe("acknowledged-lost");
    expect(fill().recovered([], 0, false)).toBeUndefined();
    const synced = fill();
    synced.durable(1);
    expect(rule(synced.recovered([], 0, false))).toBe("acknowledged-lost");
  });

  it("holds what an open log has shown against every later crash", () => {
    const oracle = oracleWith();
    sendOne(oracle, 1);
    expect(oracle.recovered(records(1), 1, false)).toBeUndefined();
    expect(rule(oracle.recovered([], 0, false))).toBe("acknowledged-lost");
  });

  it("finds what comes back after an open log was without it", () => {
    const oracle = oracleWith();
    sendOne(oracle, 1);
    expect(oracle.recovered([], 0, false)).toBeUndefined();
    expect(rule(oracle.recovered(records(1), 1, false))).toBe("resurrected");
  });

  it("finds a record that was reported as certainly not appended", () => {
    const oracle = oracleWith();
    oracle.failed(sendOne(oracle, 1), "WAL_NO_SPACE");
    expect(rule(oracle.recovered(records(1), 1, false))).toBe("failed-yet-there");
  });

  it("finds an LSN given out twice", () => {
    const { oracle } = filled(2);
    expect(rule(oracle.acknowledged(sendOne(oracle, 3), 2, true))).toBe("lsn-reused");
  });

  it("finds records of one client out of order", () => {
    const oracle = oracleWith();
    sendOne(oracle, 1);
    sendOne(oracle, 2);
    expect(rule(oracle.recovered(records(2, 1), 2, false))).toBe("client-order");
  });

  it("finds an atomic batch of which a part is missing", () => {
    const found = (...keys: number[]): string | undefined => {
      const oracle = oracleWith();
      sendOne(oracle, 1);
      oracle.sent(0, [bytes(2), bytes(3), bytes(4)]);
      return rule(oracle.recovered(records(...keys), keys.length, false));
    };
    expect([found(1), found(1, 2, 3, 4), found(2, 3, 4)]).toEqual([undefined, undefined, undefined]);
    expect([found(1, 2), found(1, 2, 3), found(1, 3, 4)]).toEqual(["torn-batch", "torn-batch", "torn-batch"]);
  });

  it("takes an unanswered cut as done or as never begun, and nothing between", () => {
    const cut = (last: number): string | undefined => {
      const { oracle } = filled(4);
      oracle.cutBegins(2);
      return rule(oracle.recovered(records(1, 2, 3, 4).slice(0, last), last, false));
    };
    expect([2, 3, 4].map(cut)).toEqual([undefined, "acknowledged-lost", undefined]);
  });

  it("finds what was cut for good and comes back", () => {
    const { oracle } = filled(4);
    oracle.cutBegins(2);
    oracle.cutDone();
    expect(rule(oracle.recovered(records(1, 2, 3), 3, false))).toBe("resurrected");
  });

  it("counts what a lying disk lost, but lets it serve neither wrong bytes nor a hole", () => {
    const { oracle } = filled(4, true);
    expect(oracle.recovered(records(1, 2), 2, false)).toBeUndefined();
    expect(oracle.lost).toBe(2);
    // An older state of the log's own may come back.
    expect(oracle.recovered(records(1, 2, 3), 3, false)).toBeUndefined();
    expect(rule(oracle.recovered([{ lsn: 1, bytes: bytes(1, 9) }], 1, false))).toBe("acknowledged-changed");
    expect(rule(oracle.recovered([records(1)[0]!, { lsn: 3, bytes: bytes(3) }], 3, false))).toBe("hole");
  });
});
