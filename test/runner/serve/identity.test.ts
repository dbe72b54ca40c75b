import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Disk } from "#engines/env/index.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import { NodeDisk } from "#engines/env/node/disk.js";
import { claimDirectory } from "#runner/serve/identity.js";
import { inDirectory } from "../../engines/env/node-harness.js";

const N1 = { node: "n1", firstMembers: ["n1", "n2"] };
const N2 = { node: "n2", firstMembers: ["n1", "n2"] };

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
    expect(await claimDirectory(disk, "data", { node: "n1", firstMembers: ["n1", "n3"] })).toEqual(N1);
    await expect(claimDirectory(disk, "data", N2)).rejects.toMatchObject({
      code: "USAGE",
      line: "--dir: expected a new directory or n2's own, found data, which is n1's; name another one",
    });
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

test.each(["", "n1\n", "node n1\n", "node n1\nfirst members \n", "node n1\nfirst members n1"])(
  "a damaged file is nobody's: %j",
  (text) =>
    inDisk(async (disk, directory) => {
      await writeFile(join(directory, "node"), text);
      await expect(claimDirectory(disk, "data", N1)).rejects.toThrow(/"node" is damaged/);
    }),
);

test("a log without a name may be anybody's", () =>
  inDisk(async (disk, directory) => {
    await mkdir(join(directory, "raft-2"));
    await expect(claimDirectory(disk, "data", N1)).rejects.toThrow(/don't say whose/);
    expect(await readdir(directory)).toEqual(["raft-2"]);
  }));
