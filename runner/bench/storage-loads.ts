/** The workloads of `bench storage`, on one engine. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assert, type Env } from "#engines/env/index.js";
import { nodeEnv, type NodeEnv } from "#engines/env/node/index.js";
import { isPromise, type KeyValueStore, type MaybePromise, type StoreStats } from "#engines/store/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import type { Amplification, StorageRow } from "#reports/storage/index.js";
import type { OpenStore } from "../stores/index.js";
import { bytesBelow } from "./bytes-below.js";
import { drive, turn, type Driven } from "./drive.js";
import { ENTRY_BYTES, Keys, Numbers, Permutation, VALUE_BYTES, Values, Zipfian } from "./storage-keys.js";
import { SYNCED_WRITERS, WORKLOADS, type Limits, type Workload } from "./storage-workloads.js";

/** Those that are one step after the other on the store that is loaded. */
type Steps = Exclude<Workload, `load, ${string}` | `synced, ${string}` | "scan">;

export interface SessionOptions extends Limits {
  /** An empty directory. */
  readonly root: string;
  readonly keys: number;
  readonly cacheBytes: number;
  readonly seed: number;
}

/** A row but for what the session doesn't know. */
export type Measurement = Omit<StorageRow, "round" | "engine" | "floorPerSecond">;

const SYNCED: SyncPolicy = { kind: "group" };
const NOT_SYNCED: SyncPolicy = { kind: "none" };

interface OpenedStore {
  readonly env: NodeEnv;
  readonly store: KeyValueStore;
  readonly directory: string;
}

/** One engine through all workloads, each on what the one before it has left. */
export class StorageSession {
  readonly #open: OpenStore;
  readonly #options: SessionOptions;
  readonly #keys: Keys = new Keys();
  readonly #values: Values = new Values();
  readonly #baseRssBytes: number = process.memoryUsage.rss();
  /** The store that the workloads from `load, random` to `delete` share. */
  #main: OpenedStore | undefined;
  /** Keys that it holds. */
  #live = 0;

  constructor(open: OpenStore, options: SessionOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** In the order of `WORKLOADS`; those without a store of their own need that of `load, random`. */
  async run(workload: Workload): Promise<Measurement> {
    if (workload === "load, ascending") {
      return this.#alone("ascending", NOT_SYNCED, (opened) => this.#loadAscending(opened, workload));
    }
    if (workload === "synced, 1 writer" || workload === "synced, 64 writers") {
      return this.#alone("synced", SYNCED, (opened) => this.#synced(opened, workload));
    }
    if (workload === "load, random") {
      assert(this.#main === undefined, "a session is gone through once");
      this.#main = await this.#openStore("main", NOT_SYNCED);
      return this.#loadRandom(this.#main, workload);
    }
    assert(this.#main !== undefined, "the store is loaded");
    return workload === "scan" ? this.#scan(this.#main, workload) : this.#steps(this.#main, workload);
  }

  async close(): Promise<void> {
    const main = this.#main;
    this.#main = undefined;
    if (main !== undefined) await closeStore(main);
  }

  async #loadAscending(opened: OpenedStore, workload: Workload): Promise<Measurement> {
    const { keys } = this.#options;
    const { store } = opened;
    const put = (index: number): Promise<unknown> =>
      store.put(this.#keys.at(index), this.#values.of(index, 0));
    return this.#measure(opened, workload, () => this.#drive(put, Infinity), keys);
  }

  async #loadRandom(opened: OpenedStore, workload: Workload): Promise<Measurement> {
    const { keys, seed } = this.#options;
    const { store } = opened;
    const order = new Permutation(keys, seed);
    const put = (operation: number): Promise<unknown> => {
      const index = order.at(operation);
      return store.put(this.#keys.at(index), this.#values.of(index, 0));
    };
    this.#live = keys;
    return this.#measure(opened, workload, () => this.#drive(put, Infinity), this.#live);
  }

  async #steps(opened: OpenedStore, workload: Steps): Promise<Measurement> {
    const act = this.#operation(opened.store, workload);
    let deleted = 0;
    const measurement = await this.#measure(
      opened,
      workload,
      async () => {
        const driven = await this.#drive(act);
        if (workload === "delete") deleted = driven.operations;
        return driven;
      },
      workload === "delete" ? undefined : this.#live,
    );
    if (workload !== "delete") return measurement;
    this.#live -= deleted;
    await this.#expectLive(opened.store);
    await this.close();
    return measurement;
  }

  /** One step of a workload on the store that is loaded. */
  #operation(store: KeyValueStore, workload: Steps): (operation: number) => MaybePromise<unknown> {
    const { keys, seed } = this.#options;
    const numbers = new Numbers(seed + WORKLOADS.indexOf(workload));
    const read = (index: number): MaybePromise<unknown> => found(store.get(this.#keys.at(index)));
    const write = (index: number): Promise<unknown> =>
      store.put(this.#keys.at(index), this.#values.of(index, numbers.below(16)));
    switch (workload) {
      case "overwrite":
        return () => write(numbers.below(keys));
      case "read, random":
        return () => read(numbers.below(keys));
      case "read, missing":
        return () => missing(store.get(this.#keys.missing(numbers.below(keys))));
      case "mixed, half reads":
        return (operation) => (operation % 2 === 0 ? read : write)(numbers.below(keys));
      case "zipfian, 95 % reads":
        return this.#zipfian(read, write, numbers, 0.95);
      case "zipfian, half reads":
        return this.#zipfian(read, write, numbers, 0.5);
      case "delete":
        break;
    }
    const order = new Permutation(keys, seed + 1);
    return (operation) => store.delete(this.#keys.at(order.at(operation)));
  }

  /** The most frequent keys are anywhere: scrambled, as YCSB says. */
  #zipfian(
    read: (index: number) => MaybePromise<unknown>,
    write: (index: number) => Promise<unknown>,
    numbers: Numbers,
    reads: number,
  ): () => MaybePromise<unknown> {
    const { keys, seed } = this.#options;
    const ranks = new Zipfian(keys, seed);
    const places = new Permutation(keys, seed + 2);
    return () => (numbers.fraction() < reads ? read : write)(places.at(ranks.next()));
  }

  async #synced(opened: OpenedStore, workload: Workload): Promise<Measurement> {
    const { keys, seed } = this.#options;
    const numbers = new Numbers(seed);
    const clients = SYNCED_WRITERS.get(workload)!;
    const put = (): Promise<unknown> => {
      const index = numbers.below(keys);
      return opened.store.put(this.#keys.at(index), this.#values.of(index, 0));
    };
    const limits = { operations: Infinity, limitMs: this.#options.syncedMs, clients };
    return this.#measure(opened, workload, () => drive(put, limits), undefined);
  }

  async #scan(opened: OpenedStore, workload: Workload): Promise<Measurement> {
    return this.#measure(opened, workload, () => this.#scanStore(opened), this.#live);
  }

  /** Every entry once, or as many as there is time for. One operation is one step. */
  async #scanStore({ store }: OpenedStore): Promise<Driven> {
    const iterator = store.iterate();
    let bytes = 0;
    let entries = 0;
    const step = (isThere: boolean): void => {
      if (!isThere) return;
      entries++;
      bytes += iterator.key.length + iterator.value.length;
    };
    try {
      const driven = await this.#drive(() => {
        const isThere = iterator.next();
        return isPromise(isThere) ? isThere.then(step) : step(isThere);
      });
      assert(entries === driven.operations, "a scan finds every key");
      assert(bytes === entries * ENTRY_BYTES, "a scan gives whole entries");
      return driven;
    } finally {
      iterator.close();
    }
  }

  async #expectLive(store: KeyValueStore): Promise<void> {
    const iterator = store.iterate();
    let entries = 0;
    try {
      while (await iterator.next()) if (++entries % 4_096 === 0) await turn();
    } finally {
      iterator.close();
    }
    assert(entries === this.#live, "what was not deleted is there, and nothing else");
  }

  #drive(
    act: (operation: number) => MaybePromise<unknown>,
    limitMs: number = this.#options.workloadMs,
  ): Promise<Driven> {
    return drive(act, { operations: this.#options.keys, limitMs, clients: 1 });
  }

  /** Then flushes: what a workload leaves to be written counts for it, and the next one finds it in files. */
  async #measure(
    { store, directory }: OpenedStore,
    workload: Workload,
    work: () => Promise<Driven>,
    live: number | undefined,
  ): Promise<Measurement> {
    const before = store.stats();
    const { operations, elapsedMs, p50Us, p99Us, maxUs } = await work();
    const { memoryBytes } = store.stats();
    const flushStartMs = performance.now();
    await store.flush();
    const flushMs = performance.now() - flushStartMs;
    const after = store.stats();
    const fileBytes = bytesBelow(directory);
    return {
      workload,
      operations,
      operationsPerSecond: (operations * 1_000) / elapsedMs,
      p50Us,
      p99Us,
      maxUs,
      flushMs,
      amplification: amplification(
        before,
        after,
        live === undefined ? undefined : fileBytes / (live * ENTRY_BYTES),
      ),
      slowedWrites: after.slowedWrites - before.slowedWrites,
      stalledWrites: after.stalledWrites - before.stalledWrites,
      fileBytes,
      memoryBytes: Math.max(memoryBytes, after.memoryBytes),
      peakRssBytes: process.resourceUsage().maxRSS * 1_024,
      baseRssBytes: this.#baseRssBytes,
    };
  }

  /** On a store that is there for this workload only. */
  async #alone(
    name: string,
    policy: SyncPolicy,
    work: (opened: OpenedStore) => Promise<Measurement>,
  ): Promise<Measurement> {
    const opened = await this.#openStore(name, policy);
    try {
      return await work(opened);
    } finally {
      await closeStore(opened);
    }
  }

  async #openStore(name: string, policy: SyncPolicy): Promise<OpenedStore> {
    const directory = join(this.#options.root, name);
    mkdirSync(directory);
    const env = await nodeEnv({ node: "bench", root: directory });
    const settings = { directory: "store", policy, cacheBytes: this.#options.cacheBytes };
    return { env, store: await this.#open(env satisfies Env, settings), directory };
  }
}

async function closeStore({ env, store, directory }: OpenedStore): Promise<void> {
  await store.close();
  await env.close();
  rmSync(directory, { recursive: true });
}

function found(value: MaybePromise<Uint8Array | undefined>): MaybePromise<void> {
  if (isPromise(value)) return value.then(found);
  assert(value?.length === VALUE_BYTES, "a key that was written is found");
}

function missing(value: MaybePromise<Uint8Array | undefined>): MaybePromise<void> {
  if (isPromise(value)) return value.then(missing);
  assert(value === undefined, "a key that was never written is not found");
}

/** `space` where it has a meaning. */
function amplification(before: StoreStats, after: StoreStats, space: number | undefined): Amplification {
  const written = after.logBytes + after.storedBytes - before.logBytes - before.storedBytes;
  const userBytes = after.userBytes - before.userBytes;
  const gets = after.gets - before.gets;
  return {
    ...(userBytes === 0 ? {} : { write: written / userBytes }),
    ...(gets === 0 ? {} : { read: (after.lookups - before.lookups) / gets }),
    ...(gets === 0 ? {} : { deviceReads: (after.cacheMisses - before.cacheMisses) / gets }),
    ...(space === undefined ? {} : { space }),
  };
}
