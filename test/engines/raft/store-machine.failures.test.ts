// What becomes of a machine whose restore is cut short, or whose store is damaged, fails or is too small.
import { describe, expect, test } from "vitest";
import { DiskError, type Env } from "#engines/env/index.js";
import { encodeQuery, decodeResult } from "#engines/raft/kv/index.js";
import { NOTHING_APPLIED } from "#engines/raft/state-machine.js";
import { StoreDamagedError, StoreError, toStoreError } from "#engines/store/index.js";
import { testWorld } from "../../support/world.js";
import { LogStore } from "../support/log-store.js";
import {
  Expected,
  chunksOf,
  entryOf,
  inProcess,
  meaningOf,
  storeMachine,
  type MachineTuning,
  type Step,
} from "./store-machine.support.js";

/** Opens a session and writes so many keys, one value long. */
function writes(count: number): Step[] {
  const steps: Step[] = [{ kind: "open" }];
  for (let i = 1; i <= count; i++) {
    const value = i % 7 === 0 ? "x".repeat(900) : `v${i}`;
    const command = { op: "put", key: `k${i % 11}`, value } as const;
    steps.push({ kind: "command", session: 1, sequence: i, command });
  }
  return steps;
}

const LOG: readonly Step[] = writes(40);
const EXPECTED: Expected = new Expected(LOG);
const EARLY = 5;
const LATE = 30;

async function openAt(
  env: Env,
  index: number,
  tuning?: MachineTuning,
): Promise<ReturnType<typeof storeMachine>> {
  const machine = storeMachine(env, tuning);
  const held = await machine.open();
  for (let at = held.index + 1; at <= index; at++) {
    await machine.apply(entryOf(LOG[at - 1]!, at).data, at);
    await machine.seal(EXPECTED.places[at]!);
  }
  return machine;
}

async function stateOf(machine: ReturnType<typeof storeMachine>): Promise<unknown> {
  return meaningOf(await chunksOf(machine.snapshot()));
}

/** What `get` of the key is answered. */
async function valueOf(machine: ReturnType<typeof storeMachine>, key: string): Promise<unknown> {
  return decodeResult(await machine.query(encodeQuery({ op: "get", key })));
}

async function codeOf(work: Promise<unknown> | Uint8Array): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function damaged(): StoreDamagedError {
  return new StoreDamagedError("machine-1/file", 7, "what was written", "other bytes");
}

function ioFailed(): unknown {
  return toStoreError(new DiskError("EIO", "read machine-1/file"), "machine-1", "failed");
}

function failWith(error: unknown): () => Promise<never> {
  return async () => {
    throw error;
  };
}

describe("a restore", () => {
  test("that a crash cuts short leaves the old state, the new one, or none", async () => {
    const ends = { none: 0, old: 0, new: 0 };
    let halfRestored = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const faults = {
        "power-loss": 400_000,
        crash: 600_000,
        "torn-write": 500_000,
        "metadata-loss": 500_000,
      };
      const world = testWorld({ seed, faults, strikeEveryCalls: 8 });
      const node = world.addNode("n1");
      const end = { isReached: false };
      await world.run(async () => {
        for (let boot = 0; !end.isReached; boot++) {
          if (boot === 20) world.faults.heal();
          await world.boot(node, async (env) => {
            const machine = storeMachine(env);
            const held = await machine.open();
            const kind = held.index === 0 ? "none" : held.index === LATE ? "new" : "old";
            ends[kind]++;
            expect(held).toEqual(EXPECTED.places[held.index]);
            expect(held.index === LATE || held.index <= EARLY).toBe(true);
            expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[held.index]!));
            if (kind !== "new") {
              for (let at = held.index + 1; at <= EARLY; at++) {
                await machine.apply(entryOf(LOG[at - 1]!, at).data, at);
                await machine.seal(EXPECTED.places[at]!);
              }
              await machine.restore(EXPECTED.states[LATE]);
              await machine.seal(EXPECTED.places[LATE]!);
              expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[LATE]!));
            }
            end.isReached = true;
          }).exited;
          await world.sleep(1_000);
        }
      });
      expect(world.findings).toEqual([]);

      halfRestored += world.marks.get("raft/machine-half-restored") ?? 0;
    }
    expect(Math.min(ends.none, ends.old, ends.new, halfRestored)).toBeGreaterThan(0);
  });

  test("is seen by queries once it is sealed, and goes on from there", async () => {
    await inProcess(async (env) => {
      const machine = await openAt(env, EARLY);
      const key = "k9";
      expect(await valueOf(machine, key)).toEqual({ kind: "value", value: null });
      await machine.restore(EXPECTED.states[LATE]);
      expect(await valueOf(machine, key)).toEqual({ kind: "value", value: null });
      await machine.seal(EXPECTED.places[LATE]!);
      expect(await valueOf(machine, key)).toEqual({ kind: "value", value: "v20" });
      for (let at = LATE + 1; at <= LOG.length; at++) {
        expect(await machine.apply(entryOf(LOG[at - 1]!, at).data, at)).toEqual(EXPECTED.results[at - 1]);
      }
      await machine.seal(EXPECTED.places[LOG.length]!);
      expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[LOG.length]!));
      await machine.close();
      const again = storeMachine(env);
      expect(await again.open()).toEqual(EXPECTED.places[LOG.length]);
      expect(await stateOf(again)).toEqual(meaningOf(EXPECTED.states[LOG.length]!));
      // Nothing is left of the store before.
      expect(await env.disk.list("machine-1/wal")).toEqual([]);
      await again.close();
    });
  });

  test("of nothing forgets everything", async () => {
    await inProcess(async (env) => {
      const machine = await openAt(env, LATE);
      await machine.restore(undefined);
      await machine.seal(NOTHING_APPLIED);
      expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[0]!));
      expect(await machine.apply(entryOf(LOG[0]!, 1).data, 1)).toEqual(EXPECTED.results[0]);
      await machine.close();
      const again = storeMachine(env);
      expect(await again.open()).toEqual(NOTHING_APPLIED);
      await again.close();
    });
  });

  test("of chunks that make no sense changes nothing", async () => {
    await inProcess(async (env) => {
      const machine = await openAt(env, EARLY);
      const [table, rows] = await chunksOf(machine.snapshot());
      for (const wrong of [[], [table!], [table!, rows!.subarray(1)], [table!, rows!, rows!]]) {
        expect(await codeOf(machine.restore(wrong))).toBe("RAFT_BAD_FORMAT");
      }
      expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[EARLY]!));
      await machine.close();
    });
  });
});

describe("a store that is damaged", () => {
  test("is begun anew where that is found when it is opened", async () => {
    await inProcess(async (env, world) => {
      const events: string[] = [];
      world.listen((_, { kind }) => events.push(kind));
      await (await openAt(env, EARLY)).close();
      const openStore = async (at: Env, directory: string): Promise<LogStore> => {
        if (directory === "machine-1") throw damaged();
        return LogStore.open(at, { directory });
      };
      const machine = storeMachine(env, { openStore });
      expect(await machine.open()).toEqual(NOTHING_APPLIED);
      expect(await stateOf(machine)).toEqual(meaningOf(EXPECTED.states[0]!));
      expect(events).toContain("raft/machine-damaged");
      await machine.restore(EXPECTED.states[LATE]);
      await machine.seal(EXPECTED.places[LATE]!);
      await machine.close();
      const again = storeMachine(env);
      expect(await again.open()).toEqual(EXPECTED.places[LATE]);
      await again.close();
    });
  });

  test.each([
    ["get", damaged],
    ["next", damaged],
    ["write", damaged],
    [
      "write",
      () => {
        const parts = { expected: "a writable store", found: "none", where: "machine-1", todo: "none" };
        return new StoreError("STORE_READ_ONLY", parts, "failed", damaged());
      },
    ],
  ] as const)("is begun anew by the next open where a %s meets it", async (operation, error) => {
    await inProcess(async (env, world) => {
      let isFailing = false;
      const failing = (met: string): void => {
        if (isFailing && met === operation) throw error();
      };
      const machine = await openAt(env, EARLY, { failing });
      isFailing = true;
      if (operation === "get") {
        expect(await codeOf(machine.query(encodeQuery({ op: "get", key: "k1" })))).toMatch(/^STORE_/);
        const command = { op: "append", key: "k1", value: "x" } as const;
        const sent = { kind: "command", session: 1, sequence: 99, command } as const;
        expect(await codeOf(machine.apply(entryOf(sent, EARLY + 1).data, EARLY + 1))).toMatch(/^STORE_/);
      } else if (operation === "next") {
        expect(await codeOf(chunksOf(machine.snapshot()))).toBe("STORE_DAMAGED");
      } else {
        expect(await codeOf(machine.seal(EXPECTED.places[EARLY + 1]!))).toMatch(/^STORE_/);
      }
      expect(world.marks.has("raft/machine-condemned")).toBe(true);
      await machine.close();
      const again = storeMachine(env);
      expect(await again.open()).toEqual(NOTHING_APPLIED);
      await again.close();
    });
  });
});

describe("a store that fails", () => {
  test.each(["open", "get", "next", "write"] as const)(
    "in its %s is given up only if it fails again, in whatever",
    async (operation) => {
      await inProcess(async (env) => {
        await (await openAt(env, EARLY)).close();
        let failing: string | undefined;
        const fail = (met: string, directory: string): void => {
          if (met === failing && directory === "machine-1") throw ioFailed();
        };
        const openStore = async (at: Env, directory: string): Promise<LogStore> => {
          fail("open", directory);
          return LogStore.open(at, { directory, failing: (met) => fail(met, directory) });
        };
        const failIn = async (met: string): Promise<void> => {
          const machine = storeMachine(env, { openStore });
          if (met !== "open") await machine.open();
          failing = met;
          const work =
            met === "open"
              ? machine.open()
              : met === "get"
                ? Promise.resolve(machine.query(encodeQuery({ op: "get", key: "k1" })))
                : met === "next"
                  ? chunksOf(machine.snapshot())
                  : machine.seal(EXPECTED.places[EARLY]!);
          expect(await codeOf(work)).toBe("STORE_IO_FAILED");
          failing = undefined;
          await machine.close();
        };
        await failIn(operation);
        const second = storeMachine(env);
        expect(await second.open()).toEqual(EXPECTED.places[EARLY]);
        await second.close();
        if (operation !== "open") await failIn("write");
        else failing = "open";
        const third = storeMachine(env, { openStore });
        expect(await third.open()).toEqual(NOTHING_APPLIED);
        await third.close();
        expect((await env.disk.list("")).filter((name) => name.endsWith(".failed"))).toEqual([]);
      });
    },
  );

  test("for want of space is not given up", async () => {
    await inProcess(async (env) => {
      await (await openAt(env, EARLY)).close();
      const full = toStoreError(new DiskError("ENOSPC", "open machine-1/x"), "machine-1", "failed");
      const opening = storeMachine(env, { openStore: failWith(full) }).open();
      expect(await codeOf(opening)).toBe("STORE_NO_SPACE");
      const again = storeMachine(env);
      expect(await again.open()).toEqual(EXPECTED.places[EARLY]);
      await again.close();
    });
  });

  test("in a write is as it was when it is opened again", async () => {
    await inProcess(async (env) => {
      let isFailing = false;
      const machine = await openAt(env, EARLY, {
        failing: (operation) => {
          if (isFailing && operation === "write") throw ioFailed();
        },
      });
      isFailing = true;
      await machine.apply(entryOf(LOG[EARLY]!, EARLY + 1).data, EARLY + 1);
      expect(await codeOf(machine.seal(EXPECTED.places[EARLY + 1]!))).toBe("STORE_IO_FAILED");
      await machine.close();
      const again = storeMachine(env);
      expect(await again.open()).toEqual(EXPECTED.places[EARLY]);
      await again.close();
    });
  });

  test("to take such keys and values is refused", async () => {
    await inProcess(async (env) => {
      for (const limits of [{ keyBytes: 32 }, { valueBytes: 4_096 + 127 }, { batchBytes: 8_000 }]) {
        expect(await codeOf(storeMachine(env, { limits }).open())).toBe("RAFT_BAD_ARGUMENT");
      }
    });
  });
});

describe("a snapshot", () => {
  test("is of the place at which it was taken, while more is applied, and gives back what it holds", async () => {
    await inProcess(async (env) => {
      let store: LogStore | undefined;
      const machine = await openAt(env, LATE, { onOpen: (opened) => (store = opened), isSlow: () => true });
      const stream = machine.snapshot();
      const unread = machine.snapshot();
      for (let at = LATE + 1; at <= LOG.length; at++) {
        await machine.apply(entryOf(LOG[at - 1]!, at).data, at);
        await machine.seal(EXPECTED.places[at]!);
      }
      expect(store!.openSnapshots).toBe(2);
      expect(meaningOf(await chunksOf(stream))).toEqual(meaningOf(EXPECTED.states[LATE]!));
      unread.close();
      expect(store!.openSnapshots).toBe(0);
      await machine.close();
    });
  });

  test("of a large state has chunks of some tens of KiB", async () => {
    await inProcess(async (env) => {
      const machine = storeMachine(env);
      await machine.open();
      await machine.apply(entryOf({ kind: "open" }, 1).data, 1);
      for (let i = 2; i <= 60; i++) {
        const command = { op: "put", key: `k${i}`, value: "x".repeat(4_000) } as const;
        await machine.apply(entryOf({ kind: "command", session: 1, sequence: i, command }, i).data, i);
      }
      await machine.seal({ index: 60, term: 1, digest: 1 });
      const sizes = (await chunksOf(machine.snapshot())).map(({ length }) => length);
      expect(sizes.length).toBeGreaterThan(6);
      expect(Math.max(...sizes)).toBeLessThan(40_000);
      await machine.close();
    });
  });
});
