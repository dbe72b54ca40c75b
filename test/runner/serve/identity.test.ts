import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Disk } from "#engines/env/index.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import { NodeDisk } from "#engines/env/node/disk.js";
import { claimDirectory, type Identity } from "#runner/serve/identity.js";
import { inDirectory } from "../../engines/env/node-harness.js";

const N1: Identity = { engine: "raft", node: "n1", firstMembers: ["n1", "n2"] };
const N2: Identity = { ...N1, node: "n2" };
const BROKER: Identity = { ...N1, engine: "broker" };

function inDisk(body: (disk: Disk, directory: string) => Promise<void>): Promise<void> {
  return inDirectory((directory) =>
    body(new NodeDisk(directory, { sync: "inline", read: "inline" }), directory),
  );
}

test("the first has the directory, with the members that it began with", () =>
  inDisk(async (disk, directory) => {
    await writeFile(
      join(directory, "node.new"),
      "left behind by a crash, and longer than what it is to hold\n",
    );
    expect(await claimDirectory(disk, "data", N1)).toEqual(N1);
    expect(await readdir(directory)).toEqual(["node"]);
    expect(await readFile(join(directory, "node"), "utf8")).toBe("node n1\nfirst members n1 n2\n");
    expect(await claimDirectory(disk, "data", { ...N1, firstMembers: ["n1", "n3"] })).toEqual(N1);
    await expect(claimDirectory(disk, "data", N2)).rejects.toMatchObject({
      code: "USAGE",
      line: "--dir: expected a new directory or n2's own, found data, which is n1's; name another one",
    });
  }));

test("an engine's directory is no other engine's", () =>
  inDisk(async (disk, directory) => {
    expect(await claimDirectory(disk, "data", BROKER)).toEqual(BROKER);
    const text = await readFile(join(directory, "node"), "utf8");
    expect(text).toBe("engine broker\nnode n1\nfirst members n1 n2\n");
    expect(await claimDirectory(disk, "data", BROKER)).toEqual(BROKER);
    await expect(claimDirectory(disk, "data", N1)).rejects.toThrow(/data, which is a broker server's/);
    await writeFile(join(directory, "node"), text.replace("engine broker\n", ""));
    await expect(claimDirectory(disk, "data", BROKER)).rejects.toThrow(/which is a raft server's/);
  }));

test("the name is durable before the directory is used", () =>
  inDisk(async (disk) => {
    const ops: string[] = [];
    await claimDirectory(
      recordDisk(disk, ({ kind }) => ops.push(kind)),
      "data",
      N1,
    );
    const durable = ["sync-begin", "sync-end", "rename", "sync-dir-begin", "sync-dir-end"];
    expect(ops).toEqual(["create", "truncate", "write", ...durable]);
  }));

test.each([
  "",
  "n1\n",
  "node n1\n",
  "node n1\nfirst members \n",
  "node n1\nfirst members n1",
  "engine x\nnode n1\nfirst members n1\n",
])("a damaged file is nobody's: %j", (text) =>
  inDisk(async (disk, directory) => {
    await writeFile(join(directory, "node"), text);
    await expect(claimDirectory(disk, "data", N1)).rejects.toThrow(/"node" is damaged/);
  }),
);

test.each(["raft-2", "controller", "broker"])("files without a name may be anybody's: %s", (name) =>
  inDisk(async (disk, directory) => {
    await mkdir(join(directory, name));
    await expect(claimDirectory(disk, "data", N1)).rejects.toThrow(/don't say whose/);
    expect(await readdir(directory)).toEqual([name]);
  }),
);
