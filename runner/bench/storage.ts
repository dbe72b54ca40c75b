/** `seedstorm bench storage`: the LSM tree against the B-tree on real files, workload by workload. */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { AtomicFile } from "#reports/atomic-file.js";
import { plural, thousands, threeDigits } from "#reports/format.js";
import {
  storageCsv,
  storagePage,
  storageTables,
  summarize,
  type StorageFacts,
  type StorageResult,
  type StorageRow,
} from "#reports/storage/index.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import type { Output } from "../output.js";
import { STORE_NAMES, storeModule } from "../stores/index.js";
import { inTemporaryDirectory } from "../temporary-directory.js";
import { ENTRY_BYTES, KEY_BYTES, VALUE_BYTES } from "./storage-keys.js";
import { SYNCED_WRITERS, WORKLOADS, type Limits, type Workload } from "./storage-workloads.js";
import { StorageProcess } from "./storage-process.js";
import { measureLoad } from "./wal-loads.js";
import type { BenchOptions } from "./index.js";

const DEFAULT_KEYS = 200_000;
const DEFAULT_CACHE_BYTES = 64 * 1_024 * 1_024;
/** One of 20 million operations would take an hour. */
const LIMITS: Limits = { workloadMs: 20_000, syncedMs: 1_000 };

/** An engine and where its module is. */
export interface Contender {
  readonly engine: string;
  readonly module: string;
}

const CONTENDERS: readonly Contender[] = STORE_NAMES.map((engine) => ({
  engine,
  module: storeModule(engine),
}));

/**
 * Prints the tables, or with `json` one object for each workload and engine; writes the files. Gives 0, or 130 after
 * Ctrl-C with what was measured until then. Throws `UsageError`, `ReportNotWritten`.
 */
export async function benchStorage(options: BenchOptions, output: Output): Promise<number> {
  return compareStores(CONTENDERS, options, output);
}

/** The same of any engines. */
export async function compareStores(
  contenders: readonly Contender[],
  options: BenchOptions,
  output: Output,
  limits: Limits = LIMITS,
): Promise<number> {
  refuseOneFileForBoth(options);
  // Before the work: a place that can't be written is not to be found out after an hour.
  const csv = options.csv === undefined ? undefined : new AtomicFile(options.csv);
  const html = options.html === undefined ? undefined : new AtomicFile(options.html);
  try {
    return await interruptible((signal) =>
      inTemporaryDirectory(options.dir, "--dir", async (directory) => {
        const rounds = new Rounds({ contenders, options, limits, directory, output, signal });
        await rounds.run();
        const { facts, rows } = rounds;
        if (rows.length > 0) {
          print(facts, rows, options.json ?? false, output);
          csv?.write(storageCsv(facts, rows));
          csv?.commit();
          html?.write(storagePage(facts, summarize(facts, rows)));
          html?.commit();
        }
        return signal.aborted ? EXIT.interrupted : EXIT.held;
      }),
    );
  } finally {
    csv?.discard();
    html?.discard();
  }
}

/** The page would take the place of the table, and an hour of measuring be over before anybody is told. */
function refuseOneFileForBoth({ csv, html }: BenchOptions): void {
  if (csv === undefined || html === undefined || resolve(csv) !== resolve(html)) return;
  throw new UsageError("--html", "another file than that of --csv", html, "name another one");
}

interface Setting {
  readonly contenders: readonly Contender[];
  readonly options: BenchOptions;
  readonly limits: Limits;
  readonly directory: string;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Every workload on every engine, again and again. */
class Rounds {
  readonly rows: StorageRow[] = [];
  readonly #setting: Setting;
  #whole = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get facts(): StorageFacts {
    return {
      engines: this.#setting.contenders.map(({ engine }) => engine),
      workloads: WORKLOADS,
      keys: this.#keys,
      keyBytes: KEY_BYTES,
      valueBytes: VALUE_BYTES,
      cacheBytes: this.#cacheBytes,
      rounds: this.#whole,
      interrupted: this.#setting.signal.aborted,
      nodeVersion: process.version,
    };
  }

  get #keys(): number {
    return this.#setting.options.keys ?? DEFAULT_KEYS;
  }

  get #cacheBytes(): number {
    return this.#setting.options.cacheBytes ?? DEFAULT_CACHE_BYTES;
  }

  /** Until all are through, or the signal says so. */
  async run(): Promise<void> {
    for (let round = 1; round <= this.#setting.options.runs && !this.#setting.signal.aborted; round++) {
      await this.#round(round).catch((error: unknown) => {
        // A process that was killed in the middle of a workload has an error to tell.
        if (!this.#setting.signal.aborted) throw error;
      });
      if (!this.#setting.signal.aborted) this.#whole++;
    }
    this.#setting.output.errTerminal?.write("\r\u001b[K");
  }

  async #round(round: number): Promise<void> {
    const root = join(this.#setting.directory, `round-${round}`);
    mkdirSync(root);
    const processes = new Map<string, StorageProcess>();
    const kill = (): void => {
      for (const each of processes.values()) void each.kill();
    };
    this.#setting.signal.addEventListener("abort", kill);
    try {
      for (const { engine, module } of this.#setting.contenders) {
        mkdirSync(join(root, engine));
        const options = { root: join(root, engine), keys: this.#keys, cacheBytes: this.#cacheBytes };
        const all = { ...options, ...this.#setting.limits, seed: round };
        processes.set(engine, await StorageProcess.begin(module, all));
      }
      for (const workload of WORKLOADS) await this.#workload(round, workload, processes);
      for (const each of processes.values()) await each.end();
    } finally {
      this.#setting.signal.removeEventListener("abort", kill);
      await Promise.all([...processes.values()].map((each) => each.kill()));
      rmSync(root, { recursive: true, force: true });
    }
  }

  async #workload(
    round: number,
    workload: Workload,
    processes: ReadonlyMap<string, StorageProcess>,
  ): Promise<void> {
    // Each second time the other way, so that a machine that slows down favours nobody.
    const isForward = (round + WORKLOADS.indexOf(workload)) % 2 === 0;
    for (const [engine, running] of isForward ? processes : [...processes].toReversed()) {
      if (this.#setting.signal.aborted) return;
      this.#tell(round, workload, engine);
      const floor = await this.#floor(workload);
      const measurement = await running.run(workload);
      this.rows.push({ round, engine, ...measurement, ...floor });
    }
  }

  /** What as many writers get who share their syncs and have no store. */
  async #floor(workload: Workload): Promise<{ readonly floorPerSecond?: number }> {
    const writers = SYNCED_WRITERS.get(workload);
    if (writers === undefined) return {};
    const floor = { kind: "floor", floor: "group commit", writers } as const;
    const { acksPerSecond } = await measureLoad(
      this.#setting.directory,
      floor,
      this.#setting.limits.syncedMs,
    );
    return { floorPerSecond: acksPerSecond };
  }

  /** A round of a large data set takes many minutes. */
  #tell(round: number, workload: Workload, engine: string): void {
    const text = `round ${round} of ${this.#setting.options.runs}: ${workload} (${engine})`;
    this.#setting.output.errTerminal?.write(`\r\u001b[K${text}`);
  }
}

function print(facts: StorageFacts, rows: readonly StorageRow[], json: boolean, output: Output): void {
  const results = summarize(facts, rows);
  if (json) {
    for (const result of results) output.out(`${jsonLine(facts, result)}\n`);
    return;
  }
  for (const lines of storageTables(facts, results)) output.out(`${lines.join("\n")}\n\n`);
  const dataMb = (facts.keys * ENTRY_BYTES) / 1_000_000;
  output.out(
    `  ${thousands(facts.keys)} keys of ${KEY_BYTES} B with values of ${VALUE_BYTES} B (${threeDigits(dataMb)} MB), caches of ${thousands(facts.cacheBytes)} B\n`,
  );
  const rounds = `${plural(facts.rounds, "whole round")}${facts.interrupted ? ", then interrupted" : ""}`;
  output.out(`  medians of ${rounds}, each engine in its own process, in turn; Node ${facts.nodeVersion}\n`);
}

function jsonLine(facts: StorageFacts, result: StorageResult): string {
  const { keys, keyBytes, valueBytes, cacheBytes, rounds, interrupted } = facts;
  return JSON.stringify({
    bench: "storage",
    ...result,
    keys,
    keyBytes,
    valueBytes,
    cacheBytes,
    rounds,
    interrupted,
  });
}
