// What a coordinator of transactions lets whom do, what it tells leaders, and what its successor makes of it.
import { describe, expect, it } from "vitest";
import { TRANSACTIONS_TOPIC } from "#engines/broker/coordinator/index.js";
import { transactionRecord } from "#engines/broker/transaction/records.js";
import { settle } from "../../support/memory-env.js";
import { ID, P0, P1, RETRY_US, TIMEOUT_US, TransactionBench } from "./support.js";

async function open(): Promise<TransactionBench> {
  const bench = new TransactionBench();
  expect(await bench.init()).toBe("100/0");
  expect(await bench.add("100/0", P0, P1)).toBe("ok");
  return bench;
}

describe("a transaction", () => {
  it("ends in all of its partitions, and the next one has the next epoch", async () => {
    const bench = await open();
    expect(await bench.add("100/0", P1)).toBe("ok");
    expect(await bench.end("100/0", true)).toBe("100/1");
    expect(bench.markers).toEqual(["commit 100/1 by 1: t-0,t-1"]);
    expect(await bench.add("100/1", P0)).toBe("ok");
    expect(await bench.end("100/1", false)).toBe("100/2");
    expect(bench.markers.at(-1)).toBe("abort 100/2 by 1: t-0");
    expect(bench.states).toEqual([
      "empty 0",
      "ongoing 0",
      "prepare-commit 0",
      "complete-commit 0",
      "ongoing 1",
      "prepare-abort 1",
      "complete-abort 1",
    ]);
  });

  it("is ended once: the same again gets the same answer, another is refused", async () => {
    const bench = await open();
    bench.down.add("t-1");
    for (let times = 0; times < 2; times++) expect(await bench.end("100/0", true)).toBe("100/1");
    expect(await bench.end("100/0", false)).toBe("INVALID_TXN_STATE");
    expect(await bench.add("100/1", P0)).toBe("CONCURRENT_TRANSACTIONS");
    expect(await bench.end("100/1", true)).toBe("CONCURRENT_TRANSACTIONS");
    expect(await bench.init()).toBe("CONCURRENT_TRANSACTIONS");
    bench.down.clear();
    await bench.pass(RETRY_US);
    expect(bench.markers).toEqual(["commit 100/1 by 1: t-0,t-1", "commit 100/1 by 1: t-1"]);
    expect(await bench.end("100/0", true)).toBe("100/1");
    expect(await bench.end("100/0", false)).toBe("INVALID_TXN_STATE");
    expect(bench.states.slice(2)).toEqual(["prepare-commit 0", "complete-commit 0"]);
    expect(await bench.add("100/1", P0)).toBe("ok");
    expect(await bench.end("100/0", true)).toBe("PRODUCER_FENCED");
  });

  it("that has nothing can be aborted, not committed", async () => {
    const bench = new TransactionBench();
    await bench.init();
    expect(await bench.end("100/0", true)).toBe("INVALID_TXN_STATE");
    expect(await bench.end("100/0", false)).toBe("100/1");
    expect(await bench.end("100/0", false)).toBe("100/1");
    // A record of it that comes late finds its epoch gone.
    expect(await bench.add("100/0", P0)).toBe("PRODUCER_FENCED");
    expect(bench.markers).toEqual([]);
  });

  it("has nothing in the topic that it is kept in itself: its end could not be written there", async () => {
    const bench = new TransactionBench();
    await bench.init();
    expect(await bench.add("100/0", P0, { topic: TRANSACTIONS_TOPIC, partition: 0 })).toBe("INVALID_REQUEST");
    expect(bench.states).toEqual(["empty 0"]);
  });

  it.each([
    ["a topic", { topic: "missing", partition: 0 }],
    ["a partition", { topic: "t", partition: 2 }],
  ])(
    "takes nothing that is not there, %s: its end could not be written there either",
    async (_what, missing) => {
      const bench = new TransactionBench();
      await bench.init();
      expect(await bench.add("100/0", P0, missing)).toBe("UNKNOWN_TOPIC_OR_PARTITION");
      expect(bench.states).toEqual(["empty 0"]);
    },
  );

  it("is another's for whoever has another id or epoch", async () => {
    const bench = await open();
    expect(await bench.add("99/0", P0)).toBe("INVALID_PRODUCER_ID_MAPPING");
    expect(await bench.end("99/0", true)).toBe("INVALID_PRODUCER_ID_MAPPING");
    // Of a coordinator that this one does not know of.
    expect(await bench.end("100/1", true)).toBe("NOT_COORDINATOR");
    expect(await new TransactionBench().add("100/0", P0)).toBe("INVALID_PRODUCER_ID_MAPPING");
  });
});

describe("a new producer", () => {
  it("fences the one before, once what that left open is aborted", async () => {
    const bench = await open();
    bench.down.add("t-0");
    expect(await bench.init()).toBe("CONCURRENT_TRANSACTIONS");
    expect(await bench.init()).toBe("CONCURRENT_TRANSACTIONS");
    bench.down.clear();
    await bench.pass(RETRY_US);
    expect(await bench.init()).toBe("100/2");
    expect(bench.markers.at(-1)).toBe("abort 100/1 by 1: t-0");
    for (const isCommit of [true, false]) expect(await bench.end("100/0", isCommit)).toBe("PRODUCER_FENCED");
    expect(await bench.add("100/0", P0)).toBe("PRODUCER_FENCED");
    expect(await bench.init()).toBe("100/3");
    expect(await bench.add("100/2", P0)).toBe("PRODUCER_FENCED");
  });

  it("has a timeout that makes sense", async () => {
    const bench = new TransactionBench();
    for (const timeoutUs of [0, 901_000_000]) {
      await expect(bench.transactions.init({ transactionalId: ID, timeoutUs })).rejects.toThrow(/timeout/u);
    }
  });
});

describe("a transaction that takes too long", () => {
  it("is aborted, and its producer fenced", async () => {
    const bench = await open();
    await bench.pass(TIMEOUT_US - 1);
    expect(bench.markers).toEqual([]);
    await bench.pass(1);
    expect(bench.markers).toEqual(["abort 100/1 by 1: t-0,t-1"]);
    for (const isCommit of [true, false]) expect(await bench.end("100/0", isCommit)).toBe("PRODUCER_FENCED");
    expect(await bench.add("100/0", P0)).toBe("PRODUCER_FENCED");
    expect(await bench.init()).toBe("100/2");
  });

  it("has its time from its beginning, not from its last partition; the next one its own", async () => {
    const bench = await open();
    await bench.pass(TIMEOUT_US - 1);
    await bench.end("100/0", true);
    await bench.add("100/1", P0);
    await bench.pass(TIMEOUT_US - 1);
    expect(await bench.add("100/1", P1)).toBe("ok");
    await bench.pass(1);
    expect(bench.markers.slice(1)).toEqual(["abort 100/2 by 1: t-0,t-1"]);
  });

  it("is aborted as soon as that can be written", async () => {
    const bench = await open();
    bench.shard.failing = "COORDINATOR_NOT_AVAILABLE";
    await bench.pass(TIMEOUT_US);
    expect(bench.markers).toEqual([]);
    await bench.pass(RETRY_US);
    expect(bench.markers).toHaveLength(1);
  });
});

describe("a successor", () => {
  it("sends the markers of what is decided, and completes it", async () => {
    const bench = await open();
    bench.down.add("t-1");
    expect(await bench.end("100/0", true)).toBe("100/1");
    bench.failOver();
    await settle();
    expect(bench.markers.at(-1)).toBe("commit 100/1 by 2: t-0,t-1");
    bench.down.clear();
    await bench.pass(RETRY_US);
    expect(bench.states.at(-1)).toBe("complete-commit 0");
    expect(await bench.end("100/0", true)).toBe("100/1");
    expect(await bench.add("100/1", P0)).toBe("ok");
    // Its predecessor has nothing more to say.
    const { length } = bench.markers;
    await bench.pass(10 * RETRY_US);
    expect(bench.markers).toHaveLength(length);
  });

  it("gives what is open its time anew", async () => {
    const bench = await open();
    await bench.pass(TIMEOUT_US - 1);
    bench.failOver();
    await bench.pass(TIMEOUT_US - 1);
    expect(bench.markers).toEqual([]);
    await bench.pass(1);
    expect(bench.markers).toEqual(["abort 100/1 by 2: t-0,t-1"]);
  });
});

it("no marker is sent, and nobody answered, before it is committed how the transaction ends", async () => {
  const bench = await open();
  let commit!: () => void;
  bench.shard.gate = new Promise((resolve) => (commit = resolve));
  expect(await bench.end("100/0", true)).toBe("nothing");
  expect(bench.markers).toEqual([]);
  expect(bench.states.at(-1)).toBe("ongoing 0");
  commit();
  await settle();
  expect(bench.markers).toHaveLength(1);
});

it("nobody is fenced by what is not committed, or by a coordinator that has been replaced", async () => {
  const bench = await open();
  await bench.end("100/0", false);
  let commit!: () => void;
  bench.shard.gate = new Promise((resolve) => (commit = resolve));
  expect(await bench.init()).toBe("nothing");
  expect(await bench.end("100/1", false)).toBe("nothing");
  commit();
  await settle();
  const { length } = bench.log.entries;
  expect(await bench.end("100/1", false)).toBe("PRODUCER_FENCED");
  expect(await bench.end("99/1", false)).toBe("INVALID_PRODUCER_ID_MAPPING");
  // What is behind all else proves it, and changes nothing.
  expect(bench.log.entries).toHaveLength(length + 2);
  bench.failOver();
  expect(await bench.add("100/2", P0)).toBe("ok");
});

it("a refusal while markers are on their way does not disturb them", async () => {
  const bench = await open();
  bench.down.add("t-1");
  await bench.end("100/0", true);
  expect(await bench.end("100/0", false)).toBe("INVALID_TXN_STATE");
  bench.down.clear();
  await bench.pass(RETRY_US);
  await bench.pass(RETRY_US);
  expect(bench.markers).toEqual(["commit 100/1 by 1: t-0,t-1", "commit 100/1 by 1: t-1"]);
  expect(bench.states.slice(2)).toEqual(["prepare-commit 0", "complete-commit 0"]);
});

it("when the epochs are used up, there is a new producer id", async () => {
  const bench = new TransactionBench();
  const last = 0x7fff - 1;
  const producer = { producerId: 7, producerEpoch: last - 1 };
  const rest = { next: undefined, isFenced: false, timeoutUs: TIMEOUT_US, partitions: [] };
  await bench.shard.write(() => {
    const stored = { state: "empty", producer, ...rest } as const;
    return { records: [transactionRecord(ID, stored, 0)], answer: undefined };
  });
  expect(await bench.init()).toBe(`7/${last}`);
  await bench.add(`7/${last}`, P0);
  expect(await bench.end(`7/${last}`, true)).toBe("100/0");
  expect(await bench.end(`7/${last}`, true)).toBe("100/0");
  expect(bench.markers).toEqual(["commit 7/32767 by 1: t-0"]);
  expect(await bench.add("100/0", P0)).toBe("ok");
  expect(await bench.add(`7/${last}`, P0)).not.toBe("ok");
});
