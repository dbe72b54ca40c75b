// A segment of a GiB may hold millions of small batches, and all of them may have to be read again.
import { expect, test } from "vitest";
import { encodeBatch, stampBatch } from "#engines/broker/record/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { open } from "./support.js";

const BATCHES = 200_000;

/** As a leader would have written them, one after the other, before its process died. */
function manyBatches(): Uint8Array {
  const one = encodeBatch([{ key: null, value: null, timestampMs: 1 }]);
  const bytes = new Uint8Array(BATCHES * one.length);
  for (let offset = 0; offset < BATCHES; offset++) {
    bytes.set(one, offset * one.length);
    stampBatch(bytes, offset * one.length, offset, 0);
  }
  return bytes;
}

test("a log that was not flushed opens again, however many batches its last segment holds", async () => {
  const env = new MemoryEnv();
  const options = { segmentBytes: 1 << 30, indexIntervalBytes: 4_096 };
  await open(env, options);
  const [path] = [...env.disk.files.keys()].filter((name) => name.endsWith(".log"));
  env.disk.files.get(path!)!.bytes = manyBatches();
  expect((await open(new MemoryEnv(env.disk), options)).logEndOffset).toBe(BATCHES);
}, 20_000);
