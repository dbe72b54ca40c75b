// The scenarios of stores have nothing to say of a right store, and see what is wrong with others.
import { describe, expect, it } from "vitest";
import { DiskError } from "#engines/env/index.js";
import {
  toStoreError,
  type KeyValueStore,
  type Range,
  type Sequence,
  type WriteOperation,
} from "#engines/store/index.js";
import { nodeHost } from "#runner/host.js";
import { exploreCrashPoints } from "#sim/explore/index.js";
import { broken, toyScenario, type Wrap } from "./toy-scenario.js";

const RIGHT: ReadonlyMap<string, number> = new Map();

describe("over a right store", () => {
  it("nothing is found on an honest disk", async () => {
    expect(await broken(toyScenario(false), 12)).toEqual(RIGHT);
  });

  it("nothing is found on a disk that lies", async () => {
    expect(await broken(toyScenario(true), 12)).toEqual(RIGHT);
  });

  it("nothing is found at its crash points", async () => {
    const { findings, counts } = await explore((store) => store);
    expect(findings).toEqual([]);
    expect(counts.checked).toBeGreaterThan(100);
  });
});

/** The store, but for some of what it does. */
function but(store: KeyValueStore, changed: Partial<KeyValueStore>): KeyValueStore {
  return {
    limits: store.limits,
    get: (key, options) => store.get(key, options),
    put: (key, value) => store.put(key, value),
    delete: (key) => store.delete(key),
    write: (batch) => store.write(batch),
    snapshot: () => store.snapshot(),
    iterate: (range) => store.iterate(range),
    flush: () => store.flush(),
    verify: () => store.verify(),
    stats: () => store.stats(),
    inspect: () => store.inspect(),
    close: () => store.close(),
    ...changed,
  };
}

const MISTAKES: Readonly<Record<string, Wrap>> = {
  "a batch is written piece by piece": (store) =>
    but(store, {
      write: async (batch) => {
        let last = 0;
        for (const operation of batch) last = await store.write([operation]);
        return last;
      },
    }),
  "a write is acknowledged before the log has it": (store) => {
    let last = store.snapshot().sequence;
    const write = (batch: readonly WriteOperation[]): Promise<Sequence> => {
      store.write(batch).catch(() => undefined);
      return Promise.resolve(++last);
    };
    return but(store, {
      write,
      put: (key, value) => write([{ type: "put", key, value }]),
      delete: (key) => write([{ type: "delete", key }]),
    });
  },
  "a get gives what an earlier one gave": (store) => {
    const seen = new Map<string, ReturnType<KeyValueStore["get"]>>();
    return but(store, {
      get: (key) => {
        const value = seen.get(key.join()) ?? store.get(key);
        seen.set(key.join(), value);
        return value;
      },
    });
  },
  "a snapshot is not looked at": (store) => but(store, { get: (key) => store.get(key) }),
  "an iterator of a snapshot is one of now": (store) =>
    but(store, {
      iterate: (range: Range = {}) => {
        const now: { -readonly [K in keyof Range]: Range[K] } = { ...range };
        delete now.snapshot;
        return store.iterate(now);
      },
    }),
  "an open bound is a closed one": (store) =>
    but(store, {
      iterate: ({ gt, ...range }: Range = {}) =>
        store.iterate(gt === undefined ? range : { ...range, gte: gt }),
    }),
  "a deleted key is only made empty": (store) =>
    but(store, { delete: (key) => store.put(key, new Uint8Array(0)) }),
  "a sequence is given out twice": (store) => {
    let writes = 0;
    return but(store, {
      put: async (key, value) => (await store.put(key, value)) - (++writes % 8 === 0 ? 1 : 0),
    });
  },
  "a flush does nothing": (store) => but(store, { flush: () => Promise.resolve() }),
  "a write that failed was done all the same": (store) => {
    let writes = 0;
    return but(store, {
      put: async (key, value) => {
        const sequence = await store.put(key, value);
        if (++writes % 8 !== 0) return sequence;
        throw toStoreError(new DiskError("ENOSPC", "toy"), "toy", "failed");
      },
    });
  },
};

describe("over a store with a mistake", () => {
  it.each<[string, string[]]>([
    ["a batch is written piece by piece", ["toy/torn-batch", "toy/hole"]],
    ["a write is acknowledged before the log has it", ["toy/acknowledged-lost", "toy/stale-read"]],
    ["a get gives what an earlier one gave", ["toy/stale-read", "toy/resurrected"]],
    ["a snapshot is not looked at", ["toy/snapshot-changed"]],
    ["an iterator of a snapshot is one of now", ["toy/snapshot-changed"]],
    ["an open bound is a closed one", ["toy/iterator-wrong"]],
    ["a deleted key is only made empty", ["toy/invented"]],
    ["a sequence is given out twice", ["toy/sequence-reused", "toy/order"]],
    ["a flush does nothing", ["toy/acknowledged-lost"]],
    ["a write that failed was done all the same", ["toy/failed-yet-there", "toy/hole"]],
  ])("%s", async (name, invariants) => {
    const found = await broken(toyScenario(false, MISTAKES[name]), 6);
    expect(invariants.some((each) => found.has(each))).toBe(true);
  });

  it("one of them is found at its crash points", async () => {
    // Not each of the short runs that are explored has a flush.
    for (let seed = 1; seed <= 8; seed++) {
      const { findings } = await explore(MISTAKES["a flush does nothing"]!, seed);
      if (findings.length === 0) continue;
      expect(findings[0]!.finding.invariant).toBe("toy/acknowledged-lost");
      return;
    }
    expect.unreachable("one of the runs has a flush");
  });
});

function explore(wrap: Wrap, seed = 2): ReturnType<typeof exploreCrashPoints> {
  return exploreCrashPoints(toyScenario(false, wrap), {
    seed,
    host: nodeHost("sync"),
    imagesPerPoint: 2,
    parameters: new Map([["policy", "none"]]),
  });
}
