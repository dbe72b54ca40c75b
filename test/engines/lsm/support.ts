import type { Clock, Disk, Env, File, OpenMode, Timer } from "#engines/env/index.js";
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { KeyValueStore, Snapshot, StoreIterator } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv } from "../support/memory-env.js";

/** So small that a few writes make tables, and a few more make levels. */
export const TINY: LsmOptions = {
  directory: "db",
  wal: { segmentBytes: 1024 },
  memtableBytes: 512,
  table: { blockBytes: 128, restartInterval: 4 },
  blockCacheBytes: 4096,
  level0Files: 2,
  slowdownFiles: 6,
  stopFiles: 8,
  level1Bytes: 2048,
  levelFactor: 3,
  tableBytes: 1024,
  maxLevels: 4,
};

/** Time passes as soon as nobody runs. */
class EagerClock implements Clock {
  #nowUs = 0;
  readonly #timers: Set<{ dueUs: number; callback: () => void }> = new Set();
  #isArmed = false;

  nowUs(): number {
    return this.#nowUs;
  }

  wallUs(): number {
    return this.#nowUs;
  }

  get pending(): number {
    return this.#timers.size;
  }

  sleep(durationUs: number): Promise<void> {
    return new Promise((resolve) => void this.setTimer(durationUs, resolve));
  }

  setTimer(durationUs: number, callback: () => void): Timer {
    const timer = { dueUs: this.#nowUs + durationUs, callback };
    this.#timers.add(timer);
    this.#arm();
    return { cancel: () => void this.#timers.delete(timer) };
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      const next = [...this.#timers].sort((a, b) => a.dueUs - b.dueUs)[0];
      if (next === undefined) return;
      this.#timers.delete(next);
      this.#nowUs = Math.max(this.#nowUs, next.dueUs);
      next.callback();
      if (this.#timers.size > 0) this.#arm();
    });
  }
}

/** Files in memory, failures on demand, and a clock that runs by itself. */
export interface TestEnv extends Env {
  readonly clock: EagerClock;
  readonly disk: MemoryDisk;
  readonly inner: MemoryEnv;
}

export function testEnv(disk: MemoryDisk = new MemoryDisk(), seed = 1): TestEnv {
  const inner = new MemoryEnv(disk, seed);
  return {
    inner,
    node: inner.node,
    clock: new EagerClock(),
    disk,
    network: inner.network,
    random: inner.random,
    log: () => undefined,
    observe: (event) => inner.observe(event),
    reached: (mark) => inner.reached(mark),
    buggify: (point) => inner.buggify(point),
  };
}

/** The same environment, but that `change` may give each file that is opened other methods. */
export function withFiles(env: TestEnv, change: (file: File) => Partial<File>): Env {
  const overlay = <T extends object>(base: T, over: Partial<T>): T =>
    new Proxy(base, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(name in over ? over : target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  const open = async (path: string, mode: OpenMode): Promise<File> => {
    const file = await env.disk.open(path, mode);
    return overlay(file, change(file));
  };
  return { ...env, disk: overlay<Disk>(env.disk, { open }) };
}

export function openTiny(env: Env, options: Partial<LsmOptions> = {}): Promise<LsmStore> {
  return LsmStore.open(env, { ...TINY, ...options });
}

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return UTF8.encode(text);
}

export function keyOf(i: number): Uint8Array {
  return bytes(`key${String(i).padStart(4, "0")}`);
}

export async function textAt(
  store: KeyValueStore,
  key: number,
  snapshot?: Snapshot,
): Promise<string | undefined> {
  const value = await store.get(keyOf(key), snapshot && { snapshot });
  return value === undefined ? undefined : TEXT.decode(value);
}

/** Puts keys `from` to `to`, each with `word` in its value. */
export async function fill(store: KeyValueStore, from: number, to: number, word: string): Promise<void> {
  for (let i = from; i <= to; i++) await store.put(keyOf(i), bytes(`${word}-${i}-${"x".repeat(20)}`));
}

/** What is left to walk, as `key=value`. */
export async function rest(iterator: StoreIterator): Promise<string[]> {
  const found: string[] = [];
  while (await iterator.next()) found.push(`${TEXT.decode(iterator.key)}=${TEXT.decode(iterator.value)}`);
  iterator.close();
  return found;
}

export async function problemsOf(store: KeyValueStore): Promise<readonly string[]> {
  return (await store.verify()).problems.map(({ rule, where, message }) => `${rule} ${where}: ${message}`);
}
