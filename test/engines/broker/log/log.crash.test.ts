// Power loss and death of the process at every operation of short lives: every image of the disk opens, twice, and
// holds a log that was promised.
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import type { LogOptions, PartitionLog } from "#engines/broker/log/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { nodeHost } from "#runner/host.js";
import { ADVERSARIAL_PROFILE } from "#sim/disk/index.js";
import { exploreCrashPoints, type CrashPointReport } from "#sim/explore/index.js";
import type { Scenario } from "#sim/scenario.js";
import { COMPACTED, open, record, recordsIn, stampOf, values } from "./support.js";

/** What a crash may leave: a log that begins and ends within bounds, of one of these contents. */
interface Promised {
  readonly contents: readonly (readonly string[])[];
  readonly minStart: number;
  readonly maxStart: number;
  readonly minEnd: number;
  readonly recoveryPoint: number;
}

/** Runs a log, and notes at each moment what it has promised. */
class Life {
  readonly promises: Promised[] = [];
  readonly #log: PartitionLog;
  /** `offset:key=value` by offset. */
  #content: readonly string[] = [];
  #flushed = 0;
  #start = 0;
  #maxRecoveryPoint = 0;
  #sequence = 0;

  constructor(log: PartitionLog) {
    this.#log = log;
    this.#promise([this.#content]);
  }

  append(count: number, era: string, epoch: number): void {
    for (let i = 0; i < count; i++) {
      const offset = this.#log.logEndOffset;
      const given = [record(`k${offset % 2}`, `${era}${offset}`, 1000 + offset)];
      this.#content = [...this.#content.slice(0, offset), ...pad(this.#content.length, offset)];
      this.#content = [...this.#content, `${offset}:k${offset % 2}=${era}${offset}`];
      // What is being written may be there, or not.
      this.#promise([this.#content]);
      this.#log.appendAsLeader(encodeBatch(given, stampOf(9, this.#sequence++)), epoch);
    }
  }

  async flush(): Promise<void> {
    await this.#log.flush();
    this.#flushed = this.#log.logEndOffset;
    this.#promise([this.#content]);
  }

  /** The flush has been asked for, but not begun: so it covers what is appended here, a new segment perhaps. */
  async flushAround(append: () => void): Promise<void> {
    const flushed = this.#log.flush();
    append();
    await flushed;
    this.#flushed = this.#log.recoveryPoint;
    this.#promise([this.#content]);
  }

  async truncateTo(offset: number): Promise<void> {
    this.#flushed = Math.min(this.#flushed, offset);
    const after = this.#content.slice(0, offset);
    this.#promise([this.#content, after]);
    await this.#log.truncateTo(offset);
    this.#content = after;
    this.#sequence = offset;
    this.#promise([after]);
  }

  async restartAt(offset: number): Promise<void> {
    const [before, from] = [this.#content, this.#start];
    const after = pad(0, offset);
    this.#flushed = 0;
    this.#promise([before, after], [Math.min(from, offset), Math.max(from, offset)]);
    await this.#log.restartAt(offset);
    this.#content = after;
    this.#start = offset;
    this.#flushed = offset;
    this.#sequence = 0;
    this.#promise([after]);
  }

  async advanceLogStart(offset: number): Promise<void> {
    this.#promise([this.#content], [this.#start, offset]);
    await this.#log.advanceLogStart(offset);
    this.#start = offset;
    this.#promise([this.#content]);
  }

  /** To the second offset while the first one is still being written down (broker seed 4419). */
  async advanceLogStartTwice(offset: number, further: number): Promise<void> {
    this.#promise([this.#content], [this.#start, further]);
    const first = this.#log.advanceLogStart(offset);
    for (let ticks = 0; ticks < 10; ticks++) await Promise.resolve();
    await Promise.all([first, this.#log.advanceLogStart(further)]);
    this.#start = further;
    this.#promise([this.#content]);
  }

  #promise(contents: Promised["contents"], [minStart, maxStart] = [this.#start, this.#start]): void {
    this.#maxRecoveryPoint = Math.max(this.#maxRecoveryPoint, this.#log.recoveryPoint);
    // The broker's checkpoint: as late as it can be, and never written down again.
    const recoveryPoint = this.#maxRecoveryPoint;
    this.promises.push({ contents, minStart, maxStart, minEnd: this.#flushed, recoveryPoint });
  }
}

function pad(from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from) }, () => "");
}

type Story = (life: Life, log: PartitionLog) => Promise<void>;

function scenarioOf(options: Partial<LogOptions>, story: Story, isCompacted: boolean): Scenario {
  return {
    name: "partition-log-life",
    summary: "for the test",
    parameters: {},
    faults: {},
    mustReach: [],
    coverageSeeds: 1,
    drive: async () => {},
    explore() {
      let life: Life | undefined;
      return {
        profile: ADVERSARIAL_PROFILE,
        position: () => (life?.promises.length ?? 0) - 1,
        program: async (env: Env) => {
          const log = await open(env, options);
          life = new Life(log);
          await story(life, log);
        },
        recover: (world, position) => async (env) => {
          const promised = life!.promises[Math.max(0, position)]!;
          const log = await open(env, { ...options, recoveryPoint: promised.recoveryPoint });
          const [start, end] = [log.logStartOffset, log.logEndOffset];
          const found = values(await recordsIn(log));
          if (end < promised.minEnd) world.fail("log/lost", `${end} of ${promised.minEnd}`);
          if (start < promised.minStart || start > promised.maxStart) world.fail("log/start", `${start}`);
          if (log.recoveryPoint !== end) world.fail("log/recovery-point", `${log.recoveryPoint} of ${end}`);
          const fits = promised.contents.some((content) =>
            isCompacted
              ? isCompactionOf(found, content.slice(start, end))
              : same(found, content.slice(start, end)),
          );
          if (!fits || end > Math.max(...promised.contents.map(({ length }) => length))) {
            world.fail("log/content", `${start} to ${end}: ${found.join()}`);
          }
          for (const { rule, where, what } of await log.verify())
            world.fail("log/verify", `${rule} ${where} ${what}`);
          await log.close();
        },
      };
    },
  };
}

function same(found: readonly string[], content: readonly string[]): boolean {
  return found.join() === content.join();
}

/** Nothing that was not there, in order, and the last of each key. */
function isCompactionOf(found: readonly string[], content: readonly string[]): boolean {
  const latest = new Map(content.map((line) => [line.slice(line.indexOf(":"), line.indexOf("=")), line]));
  const left = content.filter((line) => found.includes(line));
  return same(found, left) && [...latest.values()].every((line) => found.includes(line));
}

async function explore(
  options: Partial<LogOptions>,
  story: Story,
  isCompacted = false,
): Promise<CrashPointReport> {
  const scenario = scenarioOf(options, story, isCompacted);
  return exploreCrashPoints(scenario, {
    seed: 1,
    host: nodeHost("sync"),
    imagesPerPoint: isCompacted ? 1 : 3,
  });
}

function messages({ findings }: CrashPointReport): string[] {
  return findings.map(({ point, operation, finding }) => `${point} ${operation}: ${finding.message}`);
}

const LIVES: readonly (readonly [string, Story])[] = [
  [
    "that rolls, is flushed now and then, and closed",
    async (life, log) => {
      await life.flushAround(() => life.append(6, "a", 0));
      life.append(2, "a", 0);
      await life.flushAround(() => life.append(3, "a", 1));
      life.append(1, "a", 1);
      await log.close();
    },
  ],
  [
    "that is cut and goes on otherwise at the same place",
    async (life) => {
      life.append(7, "a", 0);
      await life.flush();
      await life.truncateTo(3);
      life.append(3, "b", 1);
      await life.flush();
    },
  ],
  [
    "whose beginning goes on while it goes",
    async (life) => {
      life.append(9, "a", 0);
      await life.flush();
      await life.advanceLogStartTwice(3, 6);
    },
  ],
  [
    "that loses its beginning, then everything",
    async (life) => {
      life.append(9, "a", 0);
      await life.flush();
      await life.advanceLogStart(6);
      life.append(1, "a", 0);
      await life.restartAt(20);
      life.append(2, "c", 2);
      await life.flush();
    },
  ],
];

describe("a power loss in a life", () => {
  test.each(LIVES)("%s leaves what was promised", async (_, story) => {
    const report = await explore({}, story);
    expect(messages(report)).toEqual([]);
    expect(report.counts.checked).toBeGreaterThan(150);
  });

  test("that is compacted leaves the last record of each key", async () => {
    const story: Story = async (life, log) => {
      for (const count of [6, 5]) {
        life.append(count, "a", 0);
        await life.flush();
        await log.compact(log.logEndOffset, 2000);
      }
      expect(log.inspect().firstDirtyOffset).toBe(10);
    };
    const report = await explore({ ...COMPACTED, segmentBytes: 370 }, story, true);
    expect(messages(report)).toEqual([]);
    expect(report.counts.checked).toBeGreaterThan(150);
  });
});
