/** A disk that is full, a quota that is used up, and writes that take less than they were given. */
import { DiskError } from "#engines/env/index.js";
import type { DiskCore, Spell } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, pageOf } from "./layout.js";

const KINDS = ["enospc", "quota"] as const;
const SPELL_MIN_US = 5_000;
const SPELL_SPREAD_US = 2_000_000;

/** How much of a write is taken, and the error with which it then fails. */
export interface Admission {
  readonly taken: number;
  readonly error: DiskError | undefined;
}

/**
 * What becomes of a write. On a full disk a write fails that makes the file longer or touches a page that was
 * never written; writing again where there is something works. The write that finds the disk full first may
 * leave any part of itself in; later ones leave what needs no space.
 */
export function admitWrite(core: DiskCore, inode: Inode, offset: number, length: number): Admission {
  const { faults, incarnation } = core;
  const number = inode.writes.next(incarnation);
  const where = (): string => `write ${inode.path} at ${offset}`;
  const room = roomWithoutSpace(inode, offset, length);
  if (room < length) {
    for (const kind of KINDS) {
      const before = spell(core, kind);
      if (before === undefined && !beginSpell(core, kind, inode.id, number, where)) continue;
      const draw = (bound: number, part: number): number =>
        faults.detail(bound, kind, inode.id, incarnation, number, part);
      const mostTaken = before === undefined ? length : room;
      // The ends are where mistakes live: a write that failed may be in as a whole.
      const taken = [0, mostTaken, draw(mostTaken + 1, 1)][draw(3, 2)]!;
      return { taken, error: full(core, kind, where()) };
    }
  }
  if (length < 2) return { taken: length, error: undefined };
  const short = faults.strike("short-write", inode.id, incarnation, number, where);
  if (short === undefined) return { taken: length, error: undefined };
  short.changed();
  const taken = 1 + faults.detail(length - 1, "short-write", inode.id, incarnation, number);
  return { taken, error: undefined };
}

/** Throws where there is no space for a new name. (`id`, `number`) is the identity of the operation. */
export function admitName(core: DiskCore, id: number, number: number, where: () => string): void {
  if (!core.faults.strikesWrites) return;
  for (const kind of KINDS) {
    if (spell(core, kind) === undefined && !beginSpell(core, kind, id, number, where)) continue;
    throw full(core, kind, where());
  }
}

/** The spell of this kind that holds now. */
function spell(core: DiskCore, kind: (typeof KINDS)[number]): Spell | undefined {
  const one = kind === "enospc" ? core.full : core.overQuota;
  return one !== undefined && core.nowUs() < one.untilUs ? one : undefined;
}

function beginSpell(
  core: DiskCore,
  kind: (typeof KINDS)[number],
  id: number,
  number: number,
  where: () => string,
): boolean {
  const { faults, incarnation } = core;
  const fault = faults.strike(kind, id, incarnation, number, where);
  if (fault === undefined) return false;
  const lengthUs = SPELL_MIN_US + faults.detail(SPELL_SPREAD_US, kind, id, incarnation, number);
  const begun: Spell = { fault, untilUs: core.nowUs() + lengthUs };
  if (kind === "enospc") core.full = begun;
  else core.overQuota = begun;
  return true;
}

function full(core: DiskCore, kind: (typeof KINDS)[number], where: string): DiskError {
  (kind === "enospc" ? core.full : core.overQuota)!.fault.changed();
  return new DiskError(kind === "enospc" ? "ENOSPC" : "EDQUOT", where);
}

/** How many bytes of the write find a block that the file has already. */
function roomWithoutSpace(inode: Inode, offset: number, length: number): number {
  let end = Math.min(offset + length, inode.size);
  for (let index = pageOf(offset); index * PAGE_BYTES < end; index++) {
    if (inode.pages[index]?.allocated ?? inode.onPlatter(index)) continue;
    end = index * PAGE_BYTES;
  }
  return Math.max(0, end - offset);
}
