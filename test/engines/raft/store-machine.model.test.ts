// A machine on a store against one in memory: the same answers, whatever is sealed when, and over restarts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { encodeCommand, encodeQuery, decodeResult } from "#engines/raft/kv/index.js";
import { decodeSessionResult } from "#engines/raft/sessions.js";
import { NOTHING_APPLIED } from "#engines/raft/state-machine.js";
import { StoreMachine } from "#engines/raft/store-machine/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import {
  Expected,
  LIMITS,
  bytesOf,
  chunksOf,
  entryOf,
  inProcess,
  meaningOf,
  memoryMachine,
  storeMachine,
  type MachineTuning,
  type Step,
} from "./store-machine.support.js";
import { testWorld } from "../../support/world.js";

const key = fc.constantFrom("", "a", "b", "ab", "é", "\ufeffk");
const value = fc.oneof(fc.string({ maxLength: 4 }), fc.constant("\ufeff"), fc.constant("x".repeat(300)));
const command = fc.oneof(
  fc.record({ op: fc.constantFrom("put" as const, "append" as const), key, value }),
  fc.record({ op: fc.constant("cas" as const), key, from: fc.option(value), to: value }),
  fc.record({ op: fc.constant("delete" as const), key }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: "open" } as const) },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("command" as const),
      session: fc.integer({ min: 1, max: 4 }),
      sequence: fc.integer({ min: 1, max: 6 }),
      command,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 3 }) }),
  },
);
const steps = fc
  .array(step, { minLength: 1, maxLength: 30 })
  .map((all): Step[] => [{ kind: "open" }, ...all]);

/** Applies what the machine has not, in batches; compares each result, and gives how far it came. */
async function follow(
  machine: StoreMachine,
  log: readonly Step[],
  expected: Expected,
  options: { readonly from: number; readonly to: number; readonly batch: number },
): Promise<void> {
  for (let index = options.from + 1; index <= options.to; index++) {
    const entry = entryOf(log[index - 1]!, index);
    expect(await machine.apply(entry.data, index)).toEqual(expected.results[index - 1]);
    if (index % options.batch === 0 || index === options.to) await machine.seal(expected.places[index]!);
  }
}

function slowly(env: Env): MachineTuning {
  return { isSlow: () => env.random.below(3) === 0 };
}

describe("a machine on a store", () => {
  test("answers as one in memory, and each takes the other's snapshot", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (log, batch, isSlow) => {
        const expected = new Expected(log);
        const to = log.length;
        await inProcess(async (env) => {
          const machine = storeMachine(env, isSlow ? slowly(env) : {});
          expect(await machine.open()).toEqual(NOTHING_APPLIED);
          await follow(machine, log, expected, { from: 0, to, batch });
          for (const name of ["a", "é", "\ufeffk", "none", "k".repeat(99)]) {
            const query = encodeQuery({ op: "get", key: name });
            expect(await machine.query(query)).toEqual(expected.machine.query(query));
          }
          expect(decodeResult(await machine.query(Uint8Array.of(1)))).toEqual({ kind: "badCommand" });
          const chunks = await chunksOf(machine.snapshot());
          expect(meaningOf(chunks)).toEqual(meaningOf(expected.states[to]!));
          const other = memoryMachine();
          other.restore(chunks);
          expect(meaningOf(other.snapshot())).toEqual(meaningOf(chunks));
          await machine.restore(expected.states[to]);
          await machine.seal(expected.places[to]!);
          expect(meaningOf(await chunksOf(machine.snapshot()))).toEqual(meaningOf(chunks));
          await machine.close();
        });
      }),
      { seed: 20260901, numRuns: 40 },
    );
  });

  test("goes on from where any crash left it, under every policy", async () => {
    const policies: readonly SyncPolicy[] = [
      { kind: "each" },
      { kind: "group" },
      { kind: "interval", intervalUs: 2_000 },
      { kind: "none" },
    ];
    const seen = { behind: 0, resumed: 0 };
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(...policies),
        fc.integer({ min: 1, max: 1_000 }),
        async (log, batch, policy, seed) => {
          const expected = new Expected(log);
          const faults = {
            "power-loss": 500_000,
            crash: 500_000,
            "torn-write": 500_000,
            "metadata-loss": 500_000,
          };
          const world = testWorld({ seed, faults, strikeEveryCalls: 5 });
          const node = world.addNode("n1");
          let sealed = 0;
          const end = { isReached: false };
          await world.run(async () => {
            for (let boot = 0; !end.isReached; boot++) {
              if (boot === 40) world.faults.heal();
              const program = async (env: Env): Promise<void> => {
                const machine = storeMachine(env, { ...slowly(env), policy });
                const held = await machine.open();
                // What it holds is one place of the log, with all that belongs to it.
                expect(held).toEqual(expected.places[held.index]);
                expect(meaningOf(await chunksOf(machine.snapshot()))).toEqual(
                  meaningOf(expected.states[held.index]!),
                );
                if (policy.kind === "group" || policy.kind === "each")
                  expect(held.index).toBeGreaterThanOrEqual(sealed);
                if (held.index < sealed) seen.behind++;
                if (held.index > 0) seen.resumed++;
                sealed = held.index;
                for (let to = held.index; to < log.length;) {
                  const from = to;
                  to = Math.min(log.length, to + batch);
                  await follow(machine, log, expected, { from, to, batch });
                  sealed = to;
                }
                expect(meaningOf(await chunksOf(machine.snapshot()))).toEqual(
                  meaningOf(expected.states[log.length]!),
                );
                end.isReached = true;
              };
              await world.boot(node, program).exited;
              await world.sleep(1_000);
            }
          });
          expect(world.findings).toEqual([]);
        },
      ),
      { seed: 20260902, numRuns: 60 },
    );
    expect(seen.behind).toBeGreaterThan(0);
    expect(seen.resumed).toBeGreaterThan(20);
  });

  test("answers what its store could not take, and changes nothing", async () => {
    await inProcess(async (env) => {
      const machine = storeMachine(env);
      await machine.open();
      await machine.apply(bytesOf({ kind: "open" }), 1);
      let index = 1;
      const send = async (sent: Parameters<typeof encodeCommand>[0]): Promise<unknown> => {
        const data = bytesOf({ kind: "command", session: 1, sequence: ++index, command: sent });
        const result = decodeSessionResult(await machine.apply(data, index));
        return result.kind === "applied" ? decodeResult(result.result) : result;
      };
      const long = "k".repeat(LIMITS.keyBytes + 1);
      expect(await send({ op: "put", key: long, value: "v" })).toEqual({ kind: "tooLarge" });
      expect(await send({ op: "delete", key: long })).toEqual({ kind: "deleted", existed: false });
      expect(await send({ op: "cas", key: long, from: "x", to: "y" })).toEqual({
        kind: "mismatch",
        value: null,
      });
      expect(await send({ op: "put", key: "a", value: "é".repeat(2_048) })).toEqual({ kind: "ok" });
      expect(await send({ op: "append", key: "a", value: "x" })).toEqual({ kind: "tooLarge" });
      expect(await send({ op: "cas", key: "a", from: "", to: "y" })).toEqual({
        kind: "mismatch",
        value: "é".repeat(2_048),
      });
      await machine.seal({ index, term: 1, digest: 1 });
      await machine.close();
    });
  });
});
