/** Two processes and one directory. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeEnv, type NodeEnv } from "#engines/env/node/index.js";
import { Wal } from "#engines/wal/index.js";
import { loadStore, storeModule } from "#runner/stores/index.js";

let directory: string;
let env: NodeEnv;
let child: ChildProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "seedstorm-processes-"));
  env = await nodeEnv({ node: "db", root: directory });
});
afterEach(async () => {
  child.kill("SIGKILL");
  await env.close();
  await rm(directory, { recursive: true });
});

/** A process that opens the store, writes k = v, says so, and keeps it open. */
async function another(engine: "lsm" | "btree"): Promise<void> {
  const program = `
    import { nodeEnv } from "seedstorm/env/node";
    import * as engine from "seedstorm/${engine}";
    const env = await nodeEnv({ node: "db", root: process.argv[1] });
    const store = await (engine.LsmStore ?? engine.BtreeStore).open(env, { directory: "store" });
    await store.put(new TextEncoder().encode("k"), new TextEncoder().encode("v"));
    console.log("open");
    setInterval(() => {}, 1_000);`;
  child = spawn(process.execPath, ["--input-type=module", "-e", program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    child.stdout!.once("data", resolve);
    child.once("exit", () => reject(new Error("it ended at once")));
  });
}

describe.runIf(process.platform === "linux").each(["lsm", "btree"] as const)("%s", (engine) => {
  test("a second process is refused, told who has it, and gets it when that one is killed", async () => {
    await another(engine);
    const open = await loadStore(storeModule(engine));
    const options = { directory: "store", policy: { kind: "group" }, cacheBytes: 1 << 20 } as const;
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(open(env, options)).rejects.toMatchObject({
        code: "STORE_IN_USE",
        outcome: "failed",
        message: `STORE_IN_USE: expected a directory that nobody else has open, found one that process ${child.pid} has open, at ${directory}; end that one, or use another directory`,
      });
    }
    await expect(Wal.open(env, { directory: "wal" })).rejects.toMatchObject({ code: "DIRECTORY_IN_USE" });
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
    const store = await open(env, options);
    expect(await store.get(new TextEncoder().encode("k"))).toEqual(new TextEncoder().encode("v"));
    expect((await store.verify()).problems).toEqual([]);
    await store.close();
  });
});
