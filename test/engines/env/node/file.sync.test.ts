// Syncs that run on the event loop and beside it, of one file at the same time.
import { expect, test } from "vitest";
import { nodeEnv, type IoStrategy } from "#engines/env/node/index.js";
import { failure } from "../contract/support.js";
import { inDirectory } from "../node-harness.js";

test.each<IoStrategy>(["inline", "threadpool"])("%s: each is answered, however they overlap", (sync) =>
  inDirectory(async (root) => {
    const env = await nodeEnv({ node: "n", root, disk: { sync } });
    const file = await env.disk.open("file", "create");
    const syncs: Promise<void>[] = [];
    for (let i = 0; i < 40; i++) {
      file.write(i, Uint8Array.of(i));
      syncs.push(file.sync(i % 3 === 0));
      if (i % 5 === 0) await syncs[i];
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(syncs);
    // One that is under way keeps the descriptor.
    const last = file.sync(true);
    await file.close();
    await last;
    expect(await failure(file.sync(true))).toBe("EBADF");
    await env.close();
  }),
);
