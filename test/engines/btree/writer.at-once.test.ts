import { describe, expect, test } from "vitest";
import { BtreeStore, type BtreeEvent } from "#engines/btree/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import { LiveEnv, UNHURRIED, keyOf, valueOf } from "./support.js";

/** The groups in which ten calls at a time are written, two times over: how many batches each has. */
async function groupsOf(policy: SyncPolicy): Promise<number[]> {
  const env = new LiveEnv();
  const store = await BtreeStore.open(env, { ...UNHURRIED, policy });
  for (let round = 0; round < 2; round++) {
    const calls = Array.from({ length: 10 }, (_, i) => store.put(keyOf(i), valueOf(i, round)));
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => round * 10 + i + 1));
  }
  // One after the other, each as soon as the one before is acknowledged.
  for (let i = 0; i < 3; i++) await store.delete(keyOf(i));
  await store.close();
  return (env.events as readonly BtreeEvent[]).flatMap((event) =>
    event.kind === "btree/published" ? [event.lastSequence - event.firstSequence + 1] : [],
  );
}

describe("calls at the same time", () => {
  test("go in one group, where a sync is shared", async () => {
    expect(await groupsOf({ kind: "group" })).toEqual([10, 10, 1, 1, 1]);
  });

  test("without a sync, the first goes at once, and the others behind it together", async () => {
    expect(await groupsOf({ kind: "none" })).toEqual([1, 9, 1, 9, 1, 1, 1]);
    expect(await groupsOf({ kind: "interval", intervalUs: 1000 })).toEqual([1, 9, 1, 9, 1, 1, 1]);
  });

  test("wait for each other, where each is synced", async () => {
    expect(await groupsOf({ kind: "each" })).toEqual(Array.from({ length: 23 }, () => 1));
  });
});
