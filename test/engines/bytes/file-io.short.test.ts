import { expect, test } from "vitest";
import { readFully, writeFully } from "#engines/bytes/index.js";
import { MemoryDisk } from "../support/memory-env.js";

test("writes and reads go on where the file takes or gives only a part", async () => {
  const disk = new MemoryDisk();
  disk.atOnceBytes = 3;
  const file = await disk.open("f", "create");
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
  let shorts = 0;
  writeFully(file, 2, bytes, () => shorts++);
  expect(shorts).toBe(3);
  expect(await readFully(file, 2, 10)).toEqual(bytes);
  expect(await readFully(file, 2, 100)).toEqual(bytes);
  expect(await readFully(file, 12, 5)).toEqual(new Uint8Array(0));
});
