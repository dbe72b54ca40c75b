import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Wal, verify, type WalOptions } from "#engines/wal/index.js";
import { MemoryEnv } from "../support/memory-env.js";
import { POLICIES } from "./support.js";

/** What a log must hold: the records from `firstLsn` on. */
interface Model {
  firstLsn: number;
  records: Uint8Array[];
}

type Step =
  | { kind: "append"; lengths: number[] }
  | { kind: "appendBatch"; lengths: number[] }
  | { kind: "sync" | "reopen" | "kill" | "scan" }
  | { kind: "truncateSuffix" | "truncatePrefix" | "read"; part: number }
  | { kind: "restartAt"; lsn: number };

const anyLength = fc.oneof(fc.nat(40), fc.nat(40), fc.nat(900));
const anyPart = fc.integer({ min: 0, max: 1000 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("append"), lengths: fc.array(anyLength, { maxLength: 8 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("appendBatch"),
      lengths: fc.array(anyLength, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("sync", "reopen", "kill", "scan") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("truncateSuffix", "truncatePrefix", "read"),
      part: anyPart,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("restartAt"), lsn: fc.integer({ min: 1, max: 500 }) }),
  },
);

const anyOptions: fc.Arbitrary<WalOptions> = fc.record({
  directory: fc.constant("wal"),
  policy: fc.constantFrom(...POLICIES),
  segmentBytes: fc.constantFrom(128, 512, 4096),
  maxBatchBytes: fc.constantFrom(1, 200, 100_000),
  preallocate: fc.boolean(),
  indexEveryBytes: fc.constantFrom(1, 300, 100_000),
  readChunkBytes: fc.constantFrom(64, 100, 1000, 100_000),
});

class Run {
  readonly #env: MemoryEnv = new MemoryEnv();
  readonly #options: WalOptions;
  readonly #model: Model = { firstLsn: 1, records: [] };
  #wal: Wal;
  #written = 0;

  constructor(options: WalOptions, wal: Wal, env: MemoryEnv) {
    this.#options = options;
    this.#wal = wal;
    this.#env = env;
  }

  get #lastLsn(): number {
    return this.#model.firstLsn + this.#model.records.length - 1;
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "append": {
        const records = this.#make(step.lengths);
        const first = this.#lastLsn + 1;
        const lsns = await Promise.all(records.map((record) => this.#wal.append(record)));
        expect(lsns).toEqual(records.map((_, i) => first + i));
        this.#model.records.push(...records);
        break;
      }
      case "appendBatch": {
        const records = this.#make(step.lengths);
        const range = await this.#wal.appendBatch(records);
        expect(range).toEqual({ firstLsn: this.#lastLsn + 1, lastLsn: this.#lastLsn + records.length });
        this.#model.records.push(...records);
        break;
      }
      case "sync":
        expect(await this.#wal.sync()).toBe(this.#lastLsn);
        break;
      case "truncateSuffix": {
        const lsn = this.#model.firstLsn - 1 + (step.part % (this.#model.records.length + 1));
        await this.#wal.truncateSuffix(lsn);
        this.#model.records.length = lsn - this.#model.firstLsn + 1;
        break;
      }
      case "truncatePrefix": {
        const lsn = this.#model.firstLsn + (step.part % (this.#model.records.length + 1));
        await this.#wal.truncatePrefix(lsn);
        this.#model.records.splice(0, lsn - this.#model.firstLsn);
        this.#model.firstLsn = lsn;
        break;
      }
      case "restartAt":
        await this.#wal.restartAt(step.lsn);
        this.#model.firstLsn = step.lsn;
        this.#model.records.length = 0;
        break;
      case "reopen":
        await this.#wal.close();
        await this.#open();
        break;
      case "kill":
        await this.#open();
        break;
      case "read":
        await this.#read(step.part);
        break;
      case "scan":
        await this.#scan(this.#model.firstLsn);
        break;
    }
    expect(this.#wal.firstLsn).toBe(this.#model.firstLsn);
    expect(this.#wal.lastLsn).toBe(this.#lastLsn);
    expect(this.#wal.durableLsn).toBeLessThanOrEqual(this.#lastLsn);
  }

  async end(): Promise<void> {
    await this.#scan(this.#model.firstLsn);
    for (const part of [0, 1, 7]) await this.#read(part);
    await this.#wal.close();
    const report = await verify(this.#env, "wal");
    expect(report.problems).toEqual([]);
    expect([report.lastLsn, report.tornBytes, report.foreign]).toEqual([this.#lastLsn, 0, []]);
  }

  #make(lengths: number[]): Uint8Array[] {
    return lengths.map((length) => {
      const n = ++this.#written;
      return Uint8Array.from({ length }, (_, i) => (n * 37 + i) & 0xff);
    });
  }

  /** Opening may bring back records that were dropped at the beginning; they must be what they were. */
  async #open(): Promise<void> {
    this.#wal = await Wal.open(this.#env, this.#options);
    expect(this.#wal.firstLsn).toBeLessThanOrEqual(this.#model.firstLsn);
    expect(this.#wal.durableLsn).toBe(this.#lastLsn);
    await this.#wal.truncatePrefix(this.#model.firstLsn);
  }

  async #read(part: number): Promise<void> {
    const { firstLsn, records } = this.#model;
    if (records.length === 0) return;
    const at = part % records.length;
    expect(await this.#wal.read(firstLsn + at)).toEqual(records[at]);
    const seen = [];
    for await (const chunk of this.#wal.scan(firstLsn + at)) seen.push(...chunk.records);
    expect(seen).toEqual(records.slice(at));
  }

  async #scan(from: number): Promise<void> {
    let next = from;
    for await (const chunk of this.#wal.scan()) {
      expect(chunk.firstLsn).toBe(next);
      expect(chunk.records.length).toBeGreaterThan(0);
      for (const record of chunk.records) {
        expect(record).toEqual(this.#model.records[next++ - this.#model.firstLsn]);
      }
    }
    expect(next).toBe(this.#lastLsn + 1);
  }
}

test("a log behaves as an array, whatever its options", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyOptions,
      fc.array(anyStep, { maxLength: 30 }),
      fc.boolean(),
      async (chosen, steps, rolls) => {
        const env = new MemoryEnv();
        let calls = 0;
        env.buggified = () => rolls && calls++ % 3 === 0;
        const run = new Run(chosen, await Wal.open(env, chosen), env);
        for (const each of steps) await run.step(each);
        await run.end();
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});
