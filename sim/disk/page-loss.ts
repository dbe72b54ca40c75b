/** The pages of one power loss: which version each falls back to, and how its bytes are damaged. */
import { finalize, fold } from "../hash.js";
import type { Fault } from "../faults/index.js";
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, SECTORS_PER_PAGE, reserve } from "./layout.js";
import { pageAtStop, sameBytes, stopsOf, touchedBytes, touchedSectors, type KeepsCut } from "./outcome.js";
import type { Page } from "./page.js";
import { beforeChange, repair } from "./platter.js";

/** By now every truncation is durable or lost for good. */
const KEPT: KeepsCut = (cut) => cut.durable;

export class PageLoss {
  /** Whether any page held what was not durable. */
  atStake = false;
  /** Whether any page came back with other bytes than it showed. */
  changed = false;
  readonly #core: DiskCore;
  readonly #threshold: number;
  /** Of pages that kept other versions than the point of the power loss gives them. */
  readonly #reorderings: Fault[] = [];
  /** The points in the order of the writes that explain every page so far: from `#low`, below `#high`. */
  #low = 0;
  #high: number = Number.MAX_SAFE_INTEGER;
  readonly #bytes: Uint8Array = new Uint8Array(PAGE_BYTES);
  readonly #other: Uint8Array = new Uint8Array(PAGE_BYTES);

  /** Versions up to `threshold` in the order of the disk are kept where no fault strikes. */
  constructor(core: DiskCore, threshold: number) {
    this.#core = core;
    this.#threshold = threshold;
  }

  /** Lets the pages of a file fall back. Its durable size is final. */
  fall(inode: Inode): void {
    for (const page of inode.pages) {
      if (page === undefined) continue;
      if (page.versions.length > 0 || page.ghosts.length > 0) this.#fallPage(inode, page);
      page.parked = undefined;
      page.resident = false;
      page.allocated &&= page.index * PAGE_BYTES < inode.durableSize;
      page.listed = false;
    }
    inode.dirty = [];
    inode.lateError = undefined;
    inode.size = inode.durableSize;
    inode.platter.fill(0, inode.size);
    inode.cache.fill(0, inode.size);
  }

  /** To be called after the last file: only then is it known whether an order explains all pages. */
  report(): void {
    for (const fault of this.#reorderings) {
      fault.reached();
      if (this.#low >= this.#high) fault.changed();
    }
  }

  #fallPage(inode: Inode, page: Page): void {
    const base = page.index * PAGE_BYTES;
    const limit = Math.min(PAGE_BYTES, inode.durableSize - base);
    this.atStake = true;
    if (limit <= 0) {
      for (const { fault } of page.parked ?? []) fault.changed();
      forget(page);
      return;
    }
    const bytes = this.#bytes;
    const { versions } = page;
    const stops = stopsOf(page, KEPT);
    const stop = this.#chooseStop(inode, page, stops);
    pageAtStop(inode, page, stop, KEPT, bytes);
    if (versions.length > 0) this.#damage(inode, page, stops, limit);

    this.#reportParked(inode, page, limit);
    inode.cache = reserve(inode.cache, base + limit);
    const shown = inode.cache.subarray(base, base + limit);
    if (page.resident && !sameBytes(shown, bytes, Math.min(limit, shown.length))) this.changed = true;
    if (versions.length > 0) {
      beforeChange(this.#core, inode, page);
      inode.platter.set(bytes, base);
      repair(inode, page, versions.slice(0, stop));
    }
    forget(page);
  }

  #chooseStop(inode: Inode, page: Page, stops: readonly number[]): number {
    const { faults, losses } = this.#core;
    const { versions } = page;
    let stop = stops.findLast((one) => one === 0 || versions[one - 1]!.order <= this.#threshold)!;
    if (stops.length < 2) return stop;
    const fault = faults.strike(
      "reordered-write",
      losses,
      inode.id,
      page.index,
      () => `page ${page.index} of ${inode.path}`,
    );
    if (fault !== undefined) {
      const chosen = stops[faults.detail(stops.length, "reordered-write", losses, inode.id, page.index)]!;
      if (chosen !== stop) this.#reorderings.push(fault);
      stop = chosen;
    }
    const next = stops[stops.indexOf(stop) + 1];
    if (stop > 0) this.#low = Math.max(this.#low, versions[stop - 1]!.order);
    if (next !== undefined) this.#high = Math.min(this.#high, versions[next - 1]!.order);
    return stop;
  }

  /** Tears the chosen bytes of the page, and spoils those that were being written. */
  #damage(inode: Inode, page: Page, stops: readonly number[], limit: number): void {
    const { faults } = this.#core;
    const strike = (kind: "torn-write" | "garbage" | "no-psow"): Fault | undefined =>
      faults.strike(
        kind,
        this.#core.losses,
        inode.id,
        page.index,
        () => `page ${page.index} of ${inode.path}`,
      );
    const torn = stops.length > 1 ? strike("torn-write") : undefined;
    if (torn !== undefined) this.#tear(inode, page, stops, torn);
    const garbage = strike("garbage");
    if (garbage !== undefined) this.#spoil(inode, page, limit, garbage);
    const tornOrSpoiled = [torn, garbage].filter((fault) => fault !== undefined);
    if (tornOrSpoiled.length > 0 && this.#equalsNoVersion(inode, page, stops, limit)) {
      for (const fault of tornOrSpoiled) if (fault.state !== "injected") fault.changed();
    }
    const noPsow = strike("no-psow");
    if (noPsow !== undefined) this.#spoilBeside(inode, page, limit, noPsow);
  }

  /** Each sector is of a version of its own. */
  #tear(inode: Inode, page: Page, stops: readonly number[], fault: Fault): void {
    const { faults, losses } = this.#core;
    const chosen = new Set<number>();
    for (let sector = 0; sector < SECTORS_PER_PAGE; sector++) {
      const pick = faults.detail(stops.length, "torn-write", losses, inode.id, page.index, sector + 1);
      chosen.add(pick);
      pageAtStop(inode, page, stops[pick]!, KEPT, this.#other);
      const from = sector * SECTOR_BYTES;
      this.#bytes.set(this.#other.subarray(from, from + SECTOR_BYTES), from);
    }
    if (chosen.size > 1) fault.reached();
  }

  /** Bytes that were being written come back as garbage, in at least one sector. */
  #spoil(inode: Inode, page: Page, limit: number, fault: Fault): void {
    const { faults, losses } = this.#core;
    const touched = touchedBytes(page, KEPT);
    const sectors = touchedSectors(touched, limit);
    if (sectors.length === 0) return;
    const sure = faults.detail(sectors.length, "garbage", losses, inode.id, page.index);
    for (const [index, sector] of sectors.entries()) {
      const also = faults.detail(2, "garbage", losses, inode.id, page.index, sector + 1) === 1;
      if (index === sure || also) this.#garble(inode, page, touched, 1, sector, limit);
    }
    fault.reached();
  }

  /** Bytes that no unsynced write touched change, in a sector that was being written or in all of its page. */
  #spoilBeside(inode: Inode, page: Page, limit: number, fault: Fault): void {
    const { faults, losses } = this.#core;
    const touched = touchedBytes(page, KEPT);
    const sectors = touchedSectors(touched, limit);
    if (sectors.length === 0) return;
    const pick = faults.detail(sectors.length + 1, "no-psow", losses, inode.id, page.index);
    this.#other.set(this.#bytes);
    for (let sector = 0; sector < SECTORS_PER_PAGE; sector++) {
      if (pick === sectors.length || sectors[pick] === sector) {
        this.#garble(inode, page, touched, 0, sector, limit);
      }
    }
    if (touched.subarray(0, limit).includes(0)) fault.reached();
    if (!sameBytes(this.#bytes, this.#other, limit)) fault.changed();
  }

  /** Puts garbage over the bytes of a sector that are touched (1), or that are not (0). */
  #garble(inode: Inode, page: Page, touched: Uint8Array, which: number, sector: number, limit: number): void {
    const end = Math.min((sector + 1) * SECTOR_BYTES, limit);
    const seed = fold(fold(this.#core.losses, inode.id), page.index);
    for (let i = sector * SECTOR_BYTES; i < end; i++) {
      if (touched[i] === which) this.#bytes[i] = finalize(fold(seed, i));
    }
  }

  #equalsNoVersion(inode: Inode, page: Page, stops: readonly number[], limit: number): boolean {
    return stops.every((stop) => {
      pageAtStop(inode, page, stop, KEPT, this.#other);
      return !sameBytes(this.#bytes, this.#other, limit);
    });
  }

  /** Tells the syncs that lied about this page whether it shows. */
  #reportParked(inode: Inode, page: Page, limit: number): void {
    for (const { order, fault } of page.parked ?? []) {
      const stop = page.versions.findLastIndex((delta) => delta.order <= order) + 1;
      pageAtStop(inode, page, stop, KEPT, this.#other);
      if (!sameBytes(this.#bytes, this.#other, limit)) fault.changed();
    }
  }
}

function forget(page: Page): void {
  page.versions.length = 0;
  page.ghosts = [];
}
