/**
 * `node dist/runner/real-files/large.js`: see `USAGE`. Exit code 0: every entry is there; 1: something is not; 2: bad
 * usage; 130: interrupted, with what is known printed.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodeEnv } from "#engines/env/node/index.js";
import {
  isPromise,
  type KeyValueStore,
  type MaybePromise,
  type WriteOperation,
} from "#engines/store/index.js";
import { duration, thousands, threeDigits } from "#reports/format.js";
import { bytesBelow } from "../bench/bytes-below.js";
import { drive, type Driven } from "../bench/drive.js";
import {
  ENTRY_BYTES,
  KEY_BYTES,
  Keys,
  MOST_KEYS,
  Permutation,
  VALUE_BYTES,
  Values,
  indexOfKey,
} from "../bench/storage-keys.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import { interruptible } from "../interrupt.js";
import { STORE_NAMES, loadStore, storeModule, type OpenStore, type StoreName } from "../stores/index.js";
import { inTemporaryDirectory } from "../temporary-directory.js";

const USAGE = `node dist/runner/real-files/large.js --engine <lsm or btree> [options]

  Loads many keys of ${KEY_BYTES} bytes with values of ${VALUE_BYTES} into a store on real files, in random order; opens it
  again; reads all of them back in another random order and by a scan, and compares each value; verifies the files.

  --keys N     how many (10000000)
  --batch N    in an atomic batch (100)
  --cache N    bytes of the engine's cache (67108864)
  --dir DIR    where to put the files (the system's temporary directory)
  --help       this text`;

const DEFAULTS = { keys: 10_000_000, batch: 100, cache: 64 * 1_024 * 1_024 };
const MB = 1_000_000;
const SEED = 1;

interface LargeOptions {
  readonly engine: StoreName;
  readonly keys: number;
  readonly batch: number;
  readonly cache: number;
  readonly dir: string | undefined;
}

/** Gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options !== undefined) {
      return await interruptible((signal) =>
        inTemporaryDirectory(options.dir, "--dir", (directory) => runLarge(options, directory, signal)),
      );
    }
    console.log(USAGE);
    return EXIT.held;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.line);
    return EXIT.usage;
  }
}

async function runLarge(options: LargeOptions, directory: string, signal: AbortSignal): Promise<number> {
  const run = new LargeRun(options, await loadStore(storeModule(options.engine)), directory, signal);
  const { wrong } = await run.run();
  console.log(run.memoryLine);
  for (const line of wrong) console.log(`FAIL  ${line}`);
  if (wrong.length > 0) return EXIT.broken;
  if (signal.aborted) return EXIT.interrupted;
  console.log("every entry is there");
  return EXIT.held;
}

/** Lines about what is wrong, the first ones. */
const MOST_WRONG = 10;

class LargeRun {
  readonly wrong: string[] = [];
  readonly #options: LargeOptions;
  readonly #open: OpenStore;
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #keys: Keys = new Keys();
  readonly #values: Values = new Values();
  readonly #baseRssBytes: number = process.memoryUsage.rss();
  #memoryBytes = 0;

  constructor(options: LargeOptions, open: OpenStore, directory: string, signal: AbortSignal) {
    this.#options = options;
    this.#open = open;
    this.#directory = directory;
    this.#signal = signal;
    mkdirSync(join(directory, "root"));
  }

  get memoryLine(): string {
    const mb = (bytes: number): string => `${threeDigits(bytes / MB)} MB`;
    const peakBytes = process.resourceUsage().maxRSS * 1_024;
    return `memory: cache ${mb(this.#options.cache)}, all that is bounded ${mb(this.#memoryBytes)}; resident ${mb(this.#baseRssBytes)} at the start, ${mb(peakBytes)} at most`;
  }

  async run(): Promise<this> {
    await this.#withStore((store) => this.#load(store));
    if (this.#signal.aborted) return this;
    await this.#withStore(async (store) => {
      await this.#readAll(store);
      if (!this.#signal.aborted) await this.#scan(store);
      if (!this.#signal.aborted) await this.#verify(store);
    });
    return this;
  }

  async #withStore(work: (store: KeyValueStore) => Promise<void>): Promise<void> {
    const env = await nodeEnv({ node: "large", root: join(this.#directory, "root") });
    const startMs = performance.now();
    const policy = { kind: "none" } as const;
    const store = await this.#open(env, { directory: "store", policy, cacheBytes: this.#options.cache });
    console.log(`open: ${elapsed(startMs)}`);
    await work(store);
    const closeMs = performance.now();
    await store.close();
    await env.close();
    console.log(`close: ${elapsed(closeMs)}; files of ${thousands(bytesBelow(this.#directory))} B`);
  }

  async #load(store: KeyValueStore): Promise<void> {
    const { keys, batch } = this.#options;
    const order = new Permutation(keys, SEED);
    const driven = await this.#drive(Math.ceil(keys / batch), async (number) => {
      const operations: WriteOperation[] = [];
      for (let at = number * batch; at < Math.min(keys, (number + 1) * batch); at++) {
        const index = order.at(at);
        operations.push({ type: "put", key: this.#keys.at(index).slice(), value: this.#values.of(index, 0) });
      }
      await store.write(operations);
      this.#noteMemory(store);
    });
    const loaded = Math.min(keys, driven.operations * batch);
    this.#tell(`load, batches of ${batch}`, driven, loaded);
    const startMs = performance.now();
    await store.flush();
    console.log(`flush: ${elapsed(startMs)}`);
    this.#amplification(store, loaded);
  }

  async #readAll(store: KeyValueStore): Promise<void> {
    const { keys } = this.#options;
    const order = new Permutation(keys, SEED + 1);
    const driven = await this.#drive(keys, (at) => {
      const index = order.at(at);
      const value = store.get(this.#keys.at(index));
      if (isPromise(value)) return value.then((found) => this.#compare("get", index, found));
      return this.#compare("get", index, value);
    });
    this.#noteMemory(store);
    this.#tell("read, random", driven, driven.operations);
    const { gets, lookups, cacheHits, cacheMisses, readBytes } = store.stats();
    const all = Math.max(1, cacheHits + cacheMisses);
    console.log(
      `  read amplification ${(lookups / gets).toFixed(2)} a get, ${(cacheMisses / gets).toFixed(2)} from files (${thousands(readBytes)} B); ${((cacheHits * 100) / all).toFixed(1)} % in the cache`,
    );
  }

  async #scan(store: KeyValueStore): Promise<void> {
    const { keys } = this.#options;
    const iterator = store.iterate();
    let ended = false;
    const step = (at: number, isThere: boolean): void => {
      ended = !isThere;
      if (!isThere && at < keys) this.#report(`the scan ends behind ${thousands(at)} entries`);
      if (!isThere) return;
      if (indexOfKey(iterator.key) !== at)
        this.#report(`the scan has key ${indexOfKey(iterator.key)} at ${at}`);
      else this.#compare("scan", at, iterator.value);
    };
    const driven = await this.#drive(keys + 1, (at) => {
      if (ended) return undefined;
      const isThere = iterator.next();
      return isPromise(isThere) ? isThere.then((is) => step(at, is)) : step(at, isThere);
    });
    iterator.close();
    if (!ended && !this.#signal.aborted) this.#report("the scan does not end");
    this.#tell("scan", driven, Math.min(keys, driven.operations));
  }

  async #verify(store: KeyValueStore): Promise<void> {
    const startMs = performance.now();
    const { problems, entries, checked } = await store.verify();
    console.log(
      `verify: ${elapsed(startMs)}; ${thousands(checked)} files or pages, ${thousands(entries)} entries, ${thousands(problems.length)} problems`,
    );
    for (const { rule, where, message } of problems) this.#report(`verify: ${rule} in ${where}: ${message}`);
    if (entries !== this.#options.keys) this.#report(`verify counts ${thousands(entries)} entries`);
  }

  #compare(how: string, index: number, found: Uint8Array | undefined): void {
    const wanted = this.#values.of(index, 0);
    if (found !== undefined && Buffer.compare(wanted, found) === 0) return;
    this.#report(`${how}: key ${index} has ${found === undefined ? "no value" : "another value"}`);
  }

  #report(line: string): void {
    if (this.wrong.length < MOST_WRONG) this.wrong.push(line);
  }

  #drive(operations: number, act: (number: number) => MaybePromise<unknown>): Promise<Driven> {
    return drive(act, { operations, limitMs: Infinity, clients: 1, signal: this.#signal });
  }

  #noteMemory(store: KeyValueStore): void {
    this.#memoryBytes = Math.max(this.#memoryBytes, store.stats().memoryBytes);
  }

  #tell(what: string, { elapsedMs, p50Us, p99Us, maxUs }: Driven, entries: number): void {
    const rate = thousands((entries * 1_000) / elapsedMs);
    const latencies = `p50 ${threeDigits(p50Us)} us, p99 ${threeDigits(p99Us)} us, longest ${threeDigits(maxUs / 1_000)} ms`;
    console.log(
      `${what}: ${thousands(entries)} entries in ${duration(Math.round(elapsedMs * 1_000))}, ${rate}/s; ${latencies}`,
    );
  }

  #amplification(store: KeyValueStore, loaded: number): void {
    const { userBytes, logBytes, storedBytes, slowedWrites, stalledWrites } = store.stats();
    const write = (logBytes + storedBytes) / userBytes;
    const space = bytesBelow(this.#directory) / (loaded * ENTRY_BYTES);
    console.log(
      `  write amplification ${write.toFixed(2)} (log ${(logBytes / userBytes).toFixed(2)}), space amplification ${space.toFixed(2)}; writes slowed ${thousands(slowedWrites)}, stalled ${thousands(stalledWrites)}`,
    );
  }
}

function elapsed(startMs: number): string {
  return duration(Math.round((performance.now() - startMs) * 1_000));
}

/** Undefined: help was asked for. Throws `UsageError`. */
function parseOptions(args: readonly string[]): LargeOptions | undefined {
  const { values } = parse(args);
  if (values.help === true) return undefined;
  const engine = STORE_NAMES.find((name) => name === values.engine);
  if (engine === undefined) {
    const given = values.engine ?? "none";
    throw new UsageError("--engine", `one of ${STORE_NAMES.join(", ")}`, given, suggest(given, STORE_NAMES));
  }
  const integer = (name: keyof typeof DEFAULTS, most: number): number => {
    const given = values[name];
    return given === undefined ? DEFAULTS[name] : parseInteger(`--${name}`, given, 1, most);
  };
  return {
    engine,
    keys: integer("keys", MOST_KEYS),
    batch: integer("batch", 10_000),
    cache: integer("cache", Number.MAX_SAFE_INTEGER),
    dir: values.dir,
  };
}

function parse(args: readonly string[]): {
  readonly values: Partial<Record<keyof typeof DEFAULTS | "engine" | "dir", string>> & { help?: boolean };
} {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { engine: text, keys: text, batch: text, cache: text, dir: text, help: { type: "boolean" } },
    });
  } catch (error) {
    throw new UsageError("large", "its options", (error as Error).message, "see --help");
  }
}

process.exitCode = await main(process.argv.slice(2));
