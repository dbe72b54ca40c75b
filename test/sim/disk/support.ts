/** A disk with chosen faults, and a caller without a world: enough to test the disk alone. */
import { expect } from "vitest";
import type { Timer } from "#engines/env/index.js";
import type { Caller } from "#sim/caller.js";
import { Decisions } from "#sim/decisions.js";
import { SimDisk, type DiskProfile, type Inode } from "#sim/disk/index.js";
import type { EventKind } from "#sim/events.js";
import { Faults, type Fault, type FaultKind } from "#sim/faults/index.js";

export const NODE = { name: "n1", index: 0 };
export const ALWAYS = 1_000_000;

export interface Rig {
  readonly disk: SimDisk;
  readonly faults: Faults;
  /** Moves simulated time. */
  readonly at: (timeUs: number) => void;
  /** Whether faults are admitted; they are at first. */
  readonly allow: (faults: boolean) => void;
  /** The faults of a kind that were injected, in order. */
  readonly of: (kind: FaultKind) => Fault[];
}

/** A disk on which each of these kinds strikes with this many parts per million. */
export function rig(
  ppm: Partial<Record<FaultKind, number>> = {},
  options: { seed?: number; profile?: DiskProfile } = {},
): Rig {
  let nowUs = 0;
  const decisions = new Decisions(options.seed ?? 1);
  const swarm = new Map(Object.entries(ppm) as [FaultKind, number][]);
  const faults = new Faults(decisions, swarm, {
    get nowUs() {
      return nowUs;
    },
    currentEventId: 0,
  });
  const disk = new SimDisk({
    node: NODE,
    faults,
    nowUs: () => nowUs,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  });
  disk.attach(1);
  return {
    disk,
    faults,
    at: (timeUs) => (nowUs = timeUs),
    allow: (admitted) => (faults.admit = () => admitted),
    of: (kind) => faults.ledger.faults.filter((fault) => fault.kind === kind && fault.state !== "refused"),
  };
}

export function bytes(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** As `toEqual`, which takes milliseconds for a few pages. */
export function expectBytes(read: Uint8Array, wanted: Uint8Array): void {
  const same = read.length === wanted.length && read.every((byte, at) => byte === wanted[at]);
  if (!same) expect(read).toEqual(wanted);
}

export function sync(disk: SimDisk, inode: Inode): void {
  disk.endSync(disk.beginSync(inode));
}

export function syncDir(disk: SimDisk, path = ""): void {
  disk.endSync(disk.beginSyncDir(path));
}

/** A durable file with these bytes. */
export function durableFile(disk: SimDisk, path: string, content: Uint8Array): Inode {
  const inode = disk.open(path, "exclusive");
  if (content.length > 0) disk.write(inode, 0, content);
  sync(disk, inode);
  syncDir(disk);
  return inode;
}

export function readAll(disk: SimDisk, inode: Inode): Uint8Array {
  return disk.read(inode, 0, inode.size);
}

interface Pending {
  readonly timeUs: number;
  readonly sequence: number;
  run: (() => void) | undefined;
}

/** A process of which only the environment exists. Events run when the test says so. */
export class FakeCaller implements Caller {
  readonly node: typeof NODE = NODE;
  readonly incarnation: number;
  readonly kinds: string[] = [];
  readonly effects: { kind: string; sizeBytes: number; digest: number }[] = [];
  alive = true;
  timeUs: number;
  #sequence = 0;
  #queue: Pending[] = [];

  constructor(incarnation = 1, timeUs = 0) {
    this.incarnation = incarnation;
    this.timeUs = timeUs;
  }

  nowUs(): number {
    return this.timeUs;
  }

  enter(): void {
    if (!this.alive) throw new Error("crashed");
  }

  tryEnter(): boolean {
    return this.alive;
  }

  later<T>(delayUs: number, kind: EventKind, _sizeBytes: number, effect: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#push(delayUs, () => {
        this.kinds.push(kind.name);
        try {
          resolve(effect());
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        }
      });
    });
  }

  after(delayUs: number, kind: EventKind, effect: () => void): Timer {
    const event = this.#push(delayUs, () => {
      this.kinds.push(kind.name);
      effect();
    });
    return { cancel: () => void (event.run = undefined) };
  }

  effect(kind: EventKind, sizeBytes: number, digest: number): void {
    this.effects.push({ kind: kind.name, sizeBytes, digest });
  }

  /** Events not run yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs event after event, with the microtasks of each, until `done` has settled or nothing is left. */
  async run<T>(done?: Promise<T>): Promise<T | undefined> {
    let settled = false;
    done?.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      if (settled || !this.alive) break;
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.timeUs = next.timeUs;
      next.run?.();
    }
    return settled ? done : undefined;
  }

  #push(delayUs: number, run: () => void): Pending {
    const event: Pending = { timeUs: this.timeUs + delayUs, sequence: ++this.#sequence, run };
    this.#queue.push(event);
    this.#queue.sort((a, b) => a.timeUs - b.timeUs || a.sequence - b.sequence);
    return event;
  }
}
