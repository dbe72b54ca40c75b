// In which order files become durable, where only a rare power loss would show another.
import { expect, test } from "vitest";
import { encodeBatch } from "#engines/broker/record/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { COMPACTED, batch, open, record } from "./support.js";

/** What changes what is on the disk, or makes it durable. */
const changesOf = (env: MemoryEnv): string[] =>
  env.disk.calls.filter((call) => /^(write|rename|remove|syncDir|sync) /.test(call));

const nameOf = (offset: number, suffix: string): string =>
  `log/${String(offset).padStart(20, "0")}.${suffix}`;

test("what a compacted segment replaces is gone for good before that takes its name", async () => {
  const env = new MemoryEnv();
  const log = await open(env, { ...COMPACTED, segmentBytes: 160 });
  // The first pass leaves little of each of the first two segments: the second makes one of both.
  for (const pairs of [4, 2]) {
    for (let i = 0; i < pairs; i++) {
      for (const key of ["a", "b"]) log.appendAsLeader(encodeBatch([record(key, `${i}`)]), 0);
      await log.flush();
    }
    env.disk.calls.length = 0;
    await log.compact(log.logEndOffset, 2000);
  }
  const changes = changesOf(env);
  const removal = changes.indexOf(`remove ${nameOf(2, "log")}`);
  const rename = changes.indexOf(`rename ${nameOf(0, "swap")}`);
  // The compacted segment counts before anything goes.
  expect(changes.slice(0, removal)).toEqual(
    expect.arrayContaining([`sync ${nameOf(0, "cleaned")}`, `rename ${nameOf(0, "cleaned")}`, "syncDir log"]),
  );
  // Else a power loss could bring back a segment beside one that has its records already.
  expect(rename).toBeGreaterThan(removal + 1);
  expect([changes[rename - 1], changes[rename + 1]]).toEqual(["syncDir log", "syncDir log"]);
  expect(await log.verify()).toEqual([]);
  await log.close();
});

test("what recovery has read is durable before it takes the place of what was there", async () => {
  const { disk } = new MemoryEnv();
  const log = await open(new MemoryEnv(disk));
  log.appendAsLeader(batch(0), 0);
  const env = new MemoryEnv(disk.copy());
  await open(env);
  const changes = changesOf(env);
  const rename = changes.indexOf(`rename ${nameOf(0, "rewrite")}`);
  const last = (call: string): number => changes.slice(0, rename).lastIndexOf(call);
  expect(last(`write ${nameOf(0, "rewrite")}`)).toBeGreaterThan(-1);
  expect(last(`sync ${nameOf(0, "rewrite")}`)).toBeGreaterThan(last(`write ${nameOf(0, "rewrite")}`));
  expect(changes[rename + 1]).toBe("syncDir log");
});
