/** What holds of the disk's own state at any time, whatever struck it. */
import { expect } from "vitest";
import type { Inode, SimDisk } from "#sim/disk/index.js";
import { applyDelta, type Page } from "#sim/disk/page.js";

const PAGE = 4096;

export function expectInvariants(disk: SimDisk): void {
  for (const { path } of disk.inspect().files) {
    const inode = disk.open(path, "existing");
    const beyond = inode.cache.subarray(Math.min(inode.size, inode.cache.length));
    if (beyond.some((byte) => byte !== 0)) expect.fail(`the cache of ${path} is not zeros past its end`);
    for (const page of inode.pages) if (page !== undefined) expectPage(disk, inode, page);
    expect(inode.dirty.filter((page) => !page.dirty)).toEqual([]);
    expect(disk.core.dirtyFiles.includes(inode)).toBe(inode.dirty.length > 0);
  }
}

function expectPage(disk: SimDisk, inode: Inode, page: Page): void {
  const where = `page ${page.index} of ${inode.path}`;
  if (page.dirty !== inode.dirty.includes(page))
    expect.fail(`${where} is dirty and not listed, or the reverse`);
  if (page.dirty && page.ghosts.length > 0) expect.fail(`${where} is dirty and believed clean`);
  if (page.ghosts.length > 0 && !page.resident) expect.fail(`${where} has ghosts and is not in the cache`);
  if ((page.parked !== undefined) !== disk.core.device.some((one) => one.page === page)) {
    expect.fail(`${where} is parked and not in the device's cache, or the reverse`);
  }
  const orders = page.versions.map(({ order }) => order);
  if (orders.some((order, index) => index > 0 && order < orders[index - 1]!))
    expect.fail(`${where} is out of order`);
  if (page.resident) expectCache(inode, page, where);
}

/** The cache is the platter with what it lacks. */
function expectCache(inode: Inode, page: Page, where: string): void {
  const base = page.index * PAGE;
  const wanted = new Uint8Array(PAGE);
  wanted.set(inode.platter.subarray(base, base + PAGE));
  for (const delta of [...page.versions, ...page.ghosts]) applyDelta(delta, wanted, 0);
  for (let i = 0; i < PAGE && base + i < inode.size; i++) {
    if ((inode.cache[base + i] ?? 0) !== wanted[i])
      expect.fail(`byte ${i} of ${where} is not what is missing`);
  }
}
