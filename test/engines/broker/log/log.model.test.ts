// Random lives against a model that is a plain list: what is served, where epochs end, what producers are told; with
// closes and deaths of the process in between, and tasks that run at once.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochEnd } from "#engines/broker/index.js";
import type { PartitionLog } from "#engines/broker/log/index.js";
import { MemoryEnv, settle } from "../../support/memory-env.js";
import { batch, codeOf, filled, headersOf, open, recordsIn, stampOf, values } from "./support.js";

interface ModelBatch {
  readonly base: number;
  readonly last: number;
  readonly epoch: number;
  readonly sequence: number;
}

const PRODUCER = 9;

class Model {
  batches: ModelBatch[] = [];
  epochs: { readonly epoch: number; readonly startOffset: number }[] = [];
  start = 0;
  end = 0;
  epoch = 0;
  sequence = 0;

  get lastEpoch(): number {
    return this.epochs.at(-1)?.epoch ?? -1;
  }

  append(count: number): void {
    this.begin();
    const last = this.end + count - 1;
    this.batches.push({ base: this.end, last, epoch: this.epoch, sequence: this.sequence });
    this.end += count;
    this.sequence += count;
  }

  begin(): void {
    if (this.lastEpoch === this.epoch) return;
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < this.end);
    this.epochs.push({ epoch: this.epoch, startOffset: this.end });
  }

  /** Where the log is cut: a batch goes as a whole. */
  truncateTo(offset: number): void {
    this.batches = this.batches.filter(({ last }) => last < offset);
    if (offset < this.end) this.end = (this.batches.at(-1)?.last ?? this.floor - 1) + 1;
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < Math.min(offset, this.end));
    this.forgetProducer();
  }

  /** Where the first segment begins. */
  floor = 0;

  restartAt(offset: number): void {
    this.batches = [];
    this.epochs = [];
    this.start = this.end = this.floor = offset;
    this.sequence = 0;
  }

  advance(offset: number): void {
    if (offset <= this.start) return;
    this.start = offset;
    const holding = this.epochs.findLast(({ startOffset }) => startOffset <= offset);
    const rest = this.epochs.filter(({ startOffset }) => startOffset > offset);
    this.epochs = holding === undefined ? rest : [{ epoch: holding.epoch, startOffset: offset }, ...rest];
  }

  endOf(epoch: number): EpochEnd {
    const at = this.epochs.findLastIndex((each) => each.epoch <= epoch);
    const next = this.epochs[at + 1]?.startOffset;
    if (at < 0) return { epoch: -1, endOffset: next ?? 0 };
    return { epoch: this.epochs[at]!.epoch, endOffset: next ?? this.end };
  }

  forgetProducer(): void {
    const last = this.batches.at(-1);
    this.sequence = last === undefined ? 0 : last.sequence + (last.last - last.base) + 1;
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("epoch", "flush", "busy", "close", "die") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("truncate", "restart", "advance", "retain"),
      permille: fc.nat(1000),
    }),
  },
);
type Step = { readonly kind: string; readonly count?: number; readonly permille?: number };

class Run {
  env: MemoryEnv = new MemoryEnv();
  readonly model: Model = new Model();
  log!: PartitionLog;

  async open(wasClosedCleanly = false): Promise<void> {
    this.log = await open(this.env, { wasClosedCleanly, retentionBytes: 600 });
  }

  async do({ kind, count = 1, permille = 0 }: Step): Promise<void> {
    const { model, log } = this;
    const offset = model.start + Math.floor(((model.end - model.start) * permille) / 1000);
    if (kind === "append") return this.append(count);
    if (kind === "epoch") {
      model.epoch++;
      model.begin();
      log.beginEpoch(model.epoch);
    } else if (kind === "flush") await log.flush();
    else if (kind === "busy") await this.busy();
    else if (kind === "close") {
      await log.close();
      await this.open(true);
    } else if (kind === "die") {
      const saved = log.recoveryPoint;
      // An epoch without a batch that was not flushed is in memory only.
      if (model.epochs.at(-1)?.startOffset === model.end) await log.flush();
      this.env = new MemoryEnv(this.env.disk.copy());
      await this.open();
      expect(this.log.recoveryPoint).toBeGreaterThanOrEqual(saved);
    } else if (kind === "truncate") {
      await log.truncateTo(offset);
      model.truncateTo(offset);
      // The batch that held the log's start is gone.
      if (model.end < model.start) model.restartAt(model.start);
    } else if (kind === "restart") {
      await log.restartAt(offset + 3);
      model.restartAt(offset + 3);
    } else if (kind === "advance") {
      await log.advanceLogStart(offset);
      model.advance(offset);
    } else {
      await log.applyRetention(offset, 0);
      expect(log.logStartOffset).toBeLessThanOrEqual(Math.max(offset, model.start));
      model.advance(log.logStartOffset);
    }
  }

  append(count: number): void {
    const { model, log } = this;
    const before = model.batches.at(-1);
    const sent = batch(model.end, count, stampOf(PRODUCER, model.sequence));
    const expected = { firstOffset: model.end, lastOffset: model.end + count - 1, isDuplicate: false };
    expect(log.appendAsLeader(sent, model.epoch)).toEqual(expected);
    expect(log.appendAsLeader(sent, model.epoch)).toEqual({ ...expected, isDuplicate: true });
    if (before !== undefined) {
      const late = batch(0, before.last - before.base + 1, stampOf(PRODUCER, before.sequence));
      expect(log.appendAsLeader(late, model.epoch)).toMatchObject({
        firstOffset: before.base,
        isDuplicate: true,
      });
    }
    model.append(count);
    const ahead = batch(0, 1, stampOf(PRODUCER, model.sequence + 1));
    expect(codeOf(() => log.appendAsLeader(ahead, model.epoch))).toBe("OUT_OF_ORDER_SEQUENCE_NUMBER");
  }

  async busy(): Promise<void> {
    const { log } = this;
    const tasks: Promise<unknown>[] = [log.flush(), headersOf(log)];
    this.append(2);
    tasks.push(log.flush(), log.applyRetention(0, 0), headersOf(log), log.verify());
    this.append(3);
    await settle();
    this.append(1);
    tasks.push(log.flush());
    await Promise.all(tasks);
  }

  async check(): Promise<void> {
    const { model, log } = this;
    const range = [log.logStartOffset, log.logEndOffset, log.lastEpoch];
    expect(range).toEqual([model.start, model.end, model.lastEpoch]);
    expect(log.recoveryPoint).toBeLessThanOrEqual(model.end);
    expect(values(await recordsIn(log))).toEqual(filled(model.start, model.end));
    const served = model.batches.filter(({ last }) => last >= model.start);
    const found = (await headersOf(log)).map((header) => [
      header.baseOffset,
      header.lastOffset,
      header.leaderEpoch,
    ]);
    expect(found).toEqual(served.map(({ base, last, epoch }) => [base, last, epoch]));
    for (let epoch = -1; epoch <= model.epoch + 1; epoch++) {
      expect(log.endOffsetForEpoch(epoch)).toEqual(model.endOf(epoch));
    }
    expect(await log.verify()).toEqual([]);
  }
}

test("any life is that of a list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const run = new Run();
      await run.open();
      for (const each of steps) {
        await run.do(each);
        await run.check();
      }
      await run.log.close();
    }),
    { seed: 60002, numRuns: 60 },
  );
});
