// A coordinator's shard over one partition: what it loads, what it answers and when, and that it ends with its leadership.
import { describe, expect, it } from "vitest";
import { Coordinator, coordinatorPartition } from "#engines/broker/coordinator/index.js";
import type {
  CoordinatorMachine,
  CoordinatorMarker,
  CoordinatorRecord,
  CoordinatorShard,
} from "#engines/broker/coordinator/types.js";
import { partitionOfKey } from "#engines/broker/client/producer/partitioner.js";
import { encodeBatch, type NewRecord } from "#engines/broker/record/index.js";
import { settle } from "../../support/memory-env.js";
import { MemoryLog } from "../support/memory-log.js";
import { Bench, codeOf, stateOf } from "../replica/support.js";

const TIMEOUT_US = 5_000_000;

/** Remembers what it was told. */
class Diary implements CoordinatorMachine {
  readonly lines: string[] = [];

  replay({ offset, key, transaction }: CoordinatorRecord): void {
    const of = transaction === undefined ? "" : ` of ${transaction.producerId}`;
    this.lines.push(`${offset} ${new TextDecoder().decode(key)}${of}`);
  }

  replayMarker({ offset, producerId, isCommit }: CoordinatorMarker): void {
    this.lines.push(`${offset} ${isCommit ? "commit" : "abort"} ${producerId}`);
  }
}

const line = (text: string): NewRecord => {
  return { key: new TextEncoder().encode(text), value: new Uint8Array(0), timestampMs: 1 };
};

class Desk {
  readonly log: MemoryLog;
  readonly bench: Bench;
  readonly coordinator: Coordinator<Diary>;
  readonly loaded: CoordinatorShard<Diary>[] = [];

  constructor(log: MemoryLog = new MemoryLog()) {
    this.log = log;
    // The two need each other.
    const watcher = {
      began: (...args: Parameters<Coordinator<Diary>["began"]>) => this.coordinator.began(...args),
      ended: (...args: Parameters<Coordinator<Diary>["ended"]>) => this.coordinator.ended(...args),
    };
    this.bench = new Bench({ log, watcher });
    const { env, lifeline } = this.bench;
    this.coordinator = new Coordinator({
      env,
      lifeline,
      topic: "t",
      commitTimeoutUs: TIMEOUT_US,
      newMachine: () => new Diary(),
      loaded: (shard) => this.loaded.push(shard),
    });
  }

  /** The shard, loaded. */
  async lead(): Promise<CoordinatorShard<Diary>> {
    await this.bench.partition.become(stateOf());
    await settle();
    return this.coordinator.shard(0);
  }

  write(shard: CoordinatorShard<Diary>, ...texts: string[]): { said: string } {
    return following(shard.write(() => ({ records: texts.map(line), answer: texts.join() })));
  }

  /** All followers have what is there. */
  async commit(): Promise<void> {
    for (const broker of ["b2", "b3"]) this.bench.fetch(broker, this.log.logEndOffset);
    await settle();
  }
}

/** What became of it so far. */
function following(promise: Promise<unknown>): { said: string } {
  const state = { said: "nothing" };
  void promise.then(
    (value) => (state.said = String(value)),
    async () => (state.said = await codeOf(() => promise)),
  );
  return state;
}

describe("a shard", () => {
  it("has replayed a change when its write returns, and answers it when it is committed", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const first = desk.write(shard, "a", "b");
    const second = desk.write(shard, "c");
    const read = following(shard.read(({ lines }) => lines.join()));
    expect(shard.machine.lines).toEqual(["0 a", "1 b", "2 c"]);
    await settle();
    expect([first.said, second.said, read.said]).toEqual(["nothing", "nothing", "nothing"]);
    for (const broker of ["b2", "b3"]) desk.bench.fetch(broker, 2);
    await settle();
    expect([first.said, second.said, read.said]).toEqual(["a,b", "nothing", "nothing"]);
    await desk.commit();
    expect([second.said, read.said]).toEqual(["c", "0 a,1 b,2 c"]);
    expect(await shard.read(({ lines }) => lines.length)).toBe(3);
  });

  it("writes no more at once than a follower's fetch can bring", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const large = { ...line("a"), value: new Uint8Array(9 << 20) };
    expect(await codeOf(() => shard.write(() => ({ records: [large], answer: 1 })))).toBe(
      "MESSAGE_TOO_LARGE",
    );
    expect([desk.log.logEndOffset, shard.machine.lines]).toEqual([0, []]);
  });

  it("makes an answer wait for what was written before, though it writes nothing itself", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    desk.write(shard, "a");
    const empty = desk.write(shard);
    await settle();
    expect(empty.said).toBe("nothing");
    await desk.commit();
    expect(empty.said).toBe("");
  });

  it("rejects what waits and what comes once the leadership is over, and tells whoever asked to be told", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const [write, read] = [desk.write(shard, "a"), following(shard.read(() => "seen"))];
    let ends = 0;
    shard.onUnload(() => ends++);
    shard.onUnload(() => ends++)();
    await desk.bench.partition.become(stateOf({ leader: "b2", leaderEpoch: 2, partitionEpoch: 2 }));
    await settle();
    expect([write.said, read.said, ends]).toEqual(["NOT_COORDINATOR", "NOT_COORDINATOR", 1]);
    expect(await codeOf(() => shard.read(() => 1))).toBe("NOT_COORDINATOR");
    expect(await codeOf(() => shard.write(() => ({ records: [line("b")], answer: 1 })))).toBe(
      "NOT_COORDINATOR",
    );
    expect(await codeOf(() => desk.coordinator.shard(0))).toBe("NOT_COORDINATOR");
    expect(desk.log.logEndOffset).toBe(1);
    shard.onUnload(() => ends++);
    expect(ends).toBe(2);
  });

  it("appends nothing where too few replicas are in sync", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    await desk.bench.partition.become(stateOf({ isr: ["b1"], partitionEpoch: 2 }));
    const refused = desk.write(shard, "a");
    await settle();
    expect(refused.said).toBe("COORDINATOR_NOT_AVAILABLE");
    expect([desk.log.logEndOffset, shard.machine.lines]).toEqual([0, []]);
  });

  it("gives up a wait in time, after which the change may yet be committed", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const late = desk.write(shard, "a");
    desk.bench.env.clock.advance(TIMEOUT_US);
    await settle();
    expect(late.said).toBe("REQUEST_TIMED_OUT");
    await desk.commit();
    expect(await shard.read(({ lines }) => lines.join())).toBe("0 a");
  });

  it("passes on what the work throws, and appends nothing", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const work = (): never => {
      throw desk.bench.partition.refusal("ILLEGAL_GENERATION", "");
    };
    expect(await codeOf(() => shard.write(work))).toBe("ILLEGAL_GENERATION");
    expect(await codeOf(() => shard.read(work))).toBe("ILLEGAL_GENERATION");
    expect(desk.log.logEndOffset).toBe(0);
  });
});

describe("loading", () => {
  /** Gives a few bytes at a time, each read when it is let go on. */
  class SlowLog extends MemoryLog {
    goOn: () => void = () => undefined;
    reads = 0;

    override async read(offset: number, _maxBytes: number, endOffset: number): Promise<Uint8Array> {
      this.reads++;
      await new Promise<void>((resolve) => (this.goOn = resolve));
      return super.read(offset, 1, endOffset);
    }
  }

  function written(log: MemoryLog): MemoryLog {
    for (const text of ["a", "b", "c"]) log.appendAsLeader(encodeBatch([line(text)]), 0);
    return log;
  }

  it("reads all of the log, one batch after the other, and is not seen before it has (KAFKA-5600)", async () => {
    const log = new SlowLog();
    written(log);
    const desk = new Desk(log);
    await desk.bench.partition.become(stateOf());
    for (let reads = 1; reads <= 3; reads++) {
      await settle();
      expect(log.reads).toBe(reads);
      expect(await codeOf(() => desk.coordinator.shard(0))).toBe("COORDINATOR_LOAD_IN_PROGRESS");
      expect(desk.loaded).toEqual([]);
      log.goOn();
    }
    await settle();
    expect(desk.loaded).toEqual([desk.coordinator.shard(0)]);
    expect(desk.coordinator.shard(0).machine.lines).toEqual(["0 a", "1 b", "2 c"]);
  });

  it("sees what a producer had in a transaction as such", async () => {
    const log = new MemoryLog();
    const stamp = { producerId: 7, producerEpoch: 1, baseSequence: 0 };
    log.appendAsLeader(encodeBatch([line("a"), line("b")], stamp, true), 0);
    const shard = await new Desk(log).lead();
    expect(shard.machine.lines).toEqual(["0 a of 7", "1 b of 7"]);
  });

  it("knows of markers that were written through it, once each", async () => {
    const desk = new Desk();
    const shard = await desk.lead();
    const stamp = { producerId: 7, producerEpoch: 1, baseSequence: 0 };
    void shard.write(() => ({ records: [line("a")], stamp, answer: 1 }));
    const marker = { producerId: 7, producerEpoch: 2, isCommit: true, coordinatorEpoch: 1 };
    const marking = following(desk.coordinator.writeMarker(0, marker));
    await settle();
    expect([marking.said, shard.machine.lines]).toEqual(["nothing", ["0 a of 7", "1 commit 7"]]);
    await desk.commit();
    expect(marking.said).toBe("undefined");
    expect((await new Desk(desk.log).lead()).machine.lines).toEqual(["0 a of 7", "1 commit 7"]);
    expect(await codeOf(() => desk.coordinator.writeMarker(1, marker))).toBe("NOT_COORDINATOR");
  });

  it("comes to what is appended meanwhile", async () => {
    const log = new SlowLog();
    written(log);
    const desk = new Desk(log);
    await desk.bench.partition.become(stateOf());
    await settle();
    log.appendAsLeader(encodeBatch([line("late")]), 1);
    for (let reads = 1; reads <= 4; reads++) {
      log.goOn();
      await settle();
    }
    expect(desk.coordinator.shard(0).machine.lines.at(-1)).toBe("3 late");
  });

  it("answers nothing that rests on records whose commit it does not know of", async () => {
    const desk = new Desk(written(new MemoryLog()));
    const shard = await desk.lead();
    const read = following(shard.read(({ lines }) => lines.length));
    await settle();
    expect(read.said).toBe("nothing");
    await desk.commit();
    expect(read.said).toBe("3");
  });

  it("ends with its leadership, and begins anew with the next", async () => {
    const log = new SlowLog();
    written(log);
    const desk = new Desk(log);
    await desk.bench.partition.become(stateOf());
    await settle();
    const { goOn } = log;
    await desk.bench.partition.become(stateOf({ leader: "b2", leaderEpoch: 2, partitionEpoch: 2 }));
    await desk.bench.partition.become(stateOf({ leader: "b1", leaderEpoch: 3, partitionEpoch: 3 }));
    goOn();
    await settle();
    expect(desk.loaded).toEqual([]);
    for (let reads = 1; reads <= 3; reads++) {
      log.goOn();
      await settle();
    }
    expect(desk.loaded.map(({ epoch, machine }) => [epoch, machine.lines.length])).toEqual([[3, 3]]);
  });
});

it("an id is found where a producer would put it as a key", () => {
  const ids = ["", "orders", "groß"];
  const partitions = ids.map((id) => partitionOfKey(new TextEncoder().encode(id), 50));
  expect(ids.map((id) => coordinatorPartition(id, 50))).toEqual(partitions);
  expect(new Set(partitions).size).toBe(3);
});
