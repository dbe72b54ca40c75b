// Random lives with transactions against a plain list of batches: what is open, what was aborted, the last stable offset,
// and who is let in; with truncations, closes, deaths of the process, and snapshots that are lost.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PartitionLog } from "#engines/broker/log/index.js";
import { encodeBatch, type TransactionMarker } from "#engines/broker/record/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { codeOf, open, record } from "./support.js";
import { PlainLog } from "./transactions.support.js";

const PRODUCERS = [3, 5, 8];
const someone = fc.constantFrom(...PRODUCERS);
const permille = fc.nat(1000);

interface Append {
  readonly kind: "plain" | "transactional";
  readonly producer: number;
  readonly count: number;
  /** Of the producer's epoch. */
  readonly raise: number;
}
interface Mark {
  readonly kind: "marker";
  readonly producer: number;
  /** Of the epoch that the producer's last batch has. */
  readonly ahead: number;
  readonly isCommit: boolean;
  readonly coordinator: number;
}
interface Upkeep {
  readonly kind: "flush" | "close" | "die" | "die without snapshots";
}
interface Move {
  readonly kind: "commit" | "cut" | "retain" | "expire";
  readonly permille: number;
}
type Step = Append | Mark | Upkeep | Move;

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom("transactional" as const, "plain" as const),
      producer: someone,
      count: fc.integer({ min: 1, max: 3 }),
      raise: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("marker" as const),
      producer: someone,
      ahead: fc.constantFrom(1, 1, 1, 1, 0, 2),
      isCommit: fc.boolean(),
      coordinator: fc.nat(3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("flush" as const, "close" as const, "die" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("die without snapshots" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("commit" as const, "commit" as const, "retain" as const),
      permille,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("cut" as const, "expire" as const), permille }) },
);
class Run {
  env: MemoryEnv = new MemoryEnv();
  readonly model: PlainLog = new PlainLog();
  log!: PartitionLog;

  async open(wasClosedCleanly = false): Promise<void> {
    this.log = await open(this.env, { wasClosedCleanly, retentionBytes: 900, producerExpiryMs: 0 });
  }

  async do(step: Step): Promise<void> {
    if ("count" in step) return this.append(step);
    if (step.kind === "marker") return this.mark(step);
    if ("permille" in step) return this.move(step);
    return this.keep(step);
  }

  async move(step: Move): Promise<void> {
    const { model, log } = this;
    const offset = model.start + Math.floor(((model.end - model.start) * step.permille) / 1000);
    if (step.kind === "commit") {
      model.highWatermark = Math.max(model.highWatermark, offset);
      log.committed(model.highWatermark);
    } else if (step.kind === "cut") {
      const target = Math.max(offset, model.start);
      // Else the segment that holds the log's start may go, and with it what came before.
      if (model.start > 0) return;
      await log.truncateTo(target);
      model.truncateTo(target);
    } else if (step.kind === "retain") {
      const before = model.stableOffset(model.highWatermark);
      await log.applyRetention(model.highWatermark, 0);
      expect(log.logStartOffset).toBeLessThanOrEqual(Math.max(before, model.start));
      model.start = log.logStartOffset;
    } else await this.expire();
  }

  async keep({ kind }: Upkeep): Promise<void> {
    const { model, log } = this;
    if (kind === "flush") return log.flush();
    if (kind === "close") {
      await log.close();
      return this.open(true);
    }
    await log.verify();
    this.env = new MemoryEnv(this.env.disk.copy());
    // What was deleted can't be asked again.
    if (kind === "die without snapshots" && model.start === 0) this.loseSnapshots();
    return this.open();
  }

  loseSnapshots(): void {
    const { files } = this.env.disk;
    for (const path of files.keys()) if (path.endsWith(".snapshot")) files.delete(path);
  }

  append({ kind, producer, count, raise }: Append): void {
    const { model, log } = this;
    const isTransactional = kind === "transactional";
    const opened = model.transactions.open.find(({ producerId }) => producerId === producer);
    const producerEpoch = Math.max(0, model.epochOf(producer)) + raise;
    const sequence = producerEpoch > model.epochOf(producer) ? 0 : model.nextSequence(producer);
    const stamp = { producerId: producer, producerEpoch, baseSequence: sequence };
    const records = Array.from({ length: count }, (_, at) => record(`k${at}`, "v", 1000 + model.end));
    const batch = encodeBatch(records, stamp, isTransactional);
    const isPart = opened === undefined || (isTransactional && producerEpoch === opened.producerEpoch);
    if (!isPart) return expect(codeOf(() => log.appendAsLeader(batch, 0))).toBe("INVALID_TXN_STATE");
    expect(log.appendAsLeader(batch, 0)).toMatchObject({ firstOffset: model.end, isDuplicate: false });
    model.append(count, {
      producerId: producer,
      producerEpoch,
      isTransactional,
      sequence,
      marker: undefined,
    });
  }

  mark({ producer: producerId, ahead, isCommit, coordinator: coordinatorEpoch }: Mark): void {
    const { model, log } = this;
    const producerEpoch = Math.max(0, model.epochOf(producerId)) + ahead;
    const marker: TransactionMarker = { producerId, producerEpoch, isCommit, coordinatorEpoch };
    const call = (): unknown => log.appendMarker(marker, 1000 + model.end, 0);
    const last = model.of(producerId).at(-1);
    const opened = model.transactions.open.find((each) => each.producerId === producerId);
    if (coordinatorEpoch < model.coordinatorEpochOf(producerId)) {
      return expect(codeOf(call)).toBe("TRANSACTION_COORDINATOR_FENCED");
    }
    if (last !== undefined && ahead === 0 && last.marker !== undefined) {
      return expect(call()).toEqual({
        firstOffset: last.base,
        lastOffset: last.base,
        isDuplicate: true,
      });
    }
    if (last !== undefined && ahead === 0) return expect(codeOf(call)).toBe("INVALID_PRODUCER_EPOCH");
    if (opened !== undefined && isCommit && ahead !== 1) {
      return expect(codeOf(call)).toBe("INVALID_TXN_STATE");
    }
    expect(call()).toMatchObject({ firstOffset: model.end, isDuplicate: false });
    model.append(1, { producerId, producerEpoch, isTransactional: true, sequence: -1, marker });
    // What comes late is of an epoch that is over (K31).
    if (producerEpoch === 0) return;
    const stamp = { producerId, producerEpoch: producerEpoch - 1, baseSequence: 0 };
    const late = encodeBatch([record("k", "v")], stamp, true);
    expect(codeOf(() => log.appendAsLeader(late, 0))).toBe("INVALID_PRODUCER_EPOCH");
  }

  /** Everybody is old, whose batches and markers are: but not who has a transaction open. */
  async expire(): Promise<void> {
    const { model, log } = this;
    await log.applyRetention(0, 1000 + model.end - 4);
    for (const { producerId } of model.transactions.open) expect(log.producer(producerId)).toBeDefined();
    for (const producerId of PRODUCERS) {
      const last = model.of(producerId).at(-1);
      if (last !== undefined && last.base > model.end - 4) expect(log.producer(producerId)).toBeDefined();
    }
    // What was forgotten comes back with the batches.
    await log.close();
    if (model.start === 0) this.loseSnapshots();
    await this.open();
    if (model.start > 0) this.isOver = true;
  }

  /** Who was forgotten is let in otherwise than the list says. */
  isOver = false;

  check(): void {
    const { model, log } = this;
    expect([log.logStartOffset, log.logEndOffset]).toEqual([model.start, model.end]);
    const middle = Math.floor((model.highWatermark + model.end) / 2);
    for (const highWatermark of [model.highWatermark, middle, model.end]) {
      const stable = log.lastStableOffset(highWatermark);
      expect([highWatermark, stable]).toEqual([highWatermark, model.stableOffset(highWatermark)]);
    }
    const places = [0, 1, 2, 3, 4, 5].map(
      (at) => model.start + Math.floor(((model.end - model.start) * at) / 5),
    );
    for (const from of places) {
      for (const to of places) {
        expect([from, to, log.abortedBetween(from, to)]).toEqual([from, to, model.abortedBetween(from, to)]);
      }
    }
    const { open: opened } = model.transactions;
    expect(log.inspect().openTransactions).toEqual(opened);
    for (const producerId of PRODUCERS) {
      expect(log.producer(producerId)?.producerEpoch ?? -1).toBe(model.epochOf(producerId));
      expect(log.openTransaction(producerId)).toEqual(opened.find((each) => each.producerId === producerId));
    }
  }
}

test("any life with transactions is that of a list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 100, size: "max" }), async (steps) => {
      const run = new Run();
      await run.open();
      for (const each of steps) {
        await run.do(each);
        if (run.isOver) break;
        run.check();
      }
      expect(await run.log.verify()).toEqual([]);
      await run.log.close();
    }),
    { seed: 60007, numRuns: 15 },
  );
});
