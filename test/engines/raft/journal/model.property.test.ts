/** A server's whole life on a disk that breaks: what is found after each death is held against a model. */
import { describe, expect, test } from "vitest";
import { isDiskError, type Env } from "#engines/env/index.js";
import { Journal, type JournalOptions } from "#engines/raft/journal/index.js";
import { SnapshotError } from "#engines/snapshot/index.js";
import { WalError } from "#engines/wal/index.js";
import { ADVERSARIAL_PROFILE } from "#sim/disk/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import type { Program } from "#sim/process.js";
import type { World } from "#sim/world.js";
import { testWorld } from "../../../support/world.js";
import { EMPTY, Ledger, show } from "./model.js";
import { give, isSnapshot, nextSteps } from "./support.js";

const BOOTS = 12;
const STEPS_PER_BOOT = 60;
const ANEW = show({ ...EMPTY, snapshot: undefined, isRepairing: true });

/** All that an honest disk does, and what a process has to live with. */
const HONEST: Partial<Record<FaultKind, number>> = {
  "power-loss": 400_000,
  crash: 200_000,
  "torn-write": 500_000,
  "reordered-write": 500_000,
  garbage: 300_000,
  "metadata-loss": 500_000,
  "short-write": 20_000,
  "short-read": 20_000,
  "fsync-eio-clean": 3_000,
  "fsync-eio-late": 3_000,
  "fsync-eio-revert": 3_000,
  enospc: 2_000,
};

interface Life {
  readonly world: World;
  readonly options: JournalOptions;
  readonly ledger: Ledger;
  /** Whether the disk may damage what it holds. */
  readonly rots: boolean;
  recoveries: number;
  damages: number;
  repairs: number;
}

/** Opens the journal, compares, and goes on with random steps. */
function program(life: Life): Program {
  const { world } = life;
  return async (env) => {
    const journal = new Journal(env, life.options);
    try {
      if (!(await recover(journal, life))) return;
      await work(journal, life, env);
      await journal.close();
    } catch (error) {
      if (!(error instanceof WalError || error instanceof SnapshotError || isDiskError(error))) throw error;
      world.reached("test/stopped");
    }
  };
}

async function recover(journal: Journal, life: Life): Promise<boolean> {
  const { world, ledger } = life;
  const found = await journal.recover();
  const shown = show(found);
  // It may have been found by a process that died before it could say so.
  const damages = world.marks.get("raft/damage-found") ?? 0;
  const isDamaged = damages > life.damages;
  life.damages = damages;
  life.recoveries++;
  if (isDamaged && !life.rots) world.fail("journal/false-damage", shown);
  const allowed = isDamaged ? new Set([ANEW]) : ledger.candidates();
  if (!allowed.has(shown)) world.fail("journal/state", `${shown}\n  not among\n${[...allowed].join("\n")}`);
  if (ledger.start.isRepairing && !found.isRepairing) life.repairs++;
  ledger.begin(found);
  return allowed.has(shown);
}

async function work(journal: Journal, { world, ledger }: Life, env: Env): Promise<void> {
  const { random } = env;
  const below = (bound: number): number => random.below(bound);
  let given: Promise<void>[] = [];
  for (let i = 0; i < STEPS_PER_BOOT; i++) {
    for (const step of nextSteps(ledger, below)) {
      const done = give(journal, ledger, step);
      done.catch(() => undefined);
      given.push(done);
      if (isSnapshot(step)) await done;
    }
    if (below(3) === 0) continue;
    if (below(4) === 0) await env.clock.sleep(below(2_000));
    else {
      await Promise.all(given);
      given = [];
    }
  }
  await Promise.all(given);
  const loaded = await journal.loadSnapshot();
  if (loaded?.meta.index !== ledger.saved?.meta.index) world.fail("journal/load", "another snapshot");
}

async function live(seed: number, faults: Partial<Record<FaultKind, number>>, rots: boolean): Promise<Life> {
  const world = testWorld({ seed, faults, strikeEveryCalls: 60 });
  const options = {
    wal: { segmentBytes: seed % 2 === 0 ? 600 : 8_000 },
    formatVersion: ((seed % 3) % 2) + 1,
  } as JournalOptions;
  const life: Life = { world, options, ledger: new Ledger(), rots, recoveries: 0, damages: 0, repairs: 0 };
  const node = world.addNode("n1", ADVERSARIAL_PROFILE);
  // One place at a time: nothing can tell that the last batch and its proof are both gone.
  let admitted = -1;
  world.faults.admit = (kind) => {
    if (kind !== "bit-rot" && kind !== "read-eio") return true;
    if (admitted === node.incarnation?.incarnation) return false;
    admitted = node.incarnation?.incarnation ?? 0;
    return true;
  };
  await world.run(async () => {
    for (let boot = 0; boot < BOOTS; boot++) {
      await world.boot(node, program(life)).exited;
      await world.sleep(1_000);
    }
  });
  const [first] = world.findings;
  if (first !== undefined)
    expect.fail(`seed ${seed}: ${first.invariant}: ${first.message}\n${first.stack ?? ""}`);
  return life;
}

describe("after every power loss, crash and error", () => {
  test("an honest disk leaves all that was acknowledged, in a state that was given", async () => {
    let recoveries = 0;
    for (let seed = 1; seed <= 16; seed++) recoveries += (await live(seed, HONEST, false)).recoveries;
    expect(recoveries).toBeGreaterThan(100);
  });

  test("a disk that rots and loses sectors leaves that, or says so; and a repair comes to its end", async () => {
    let [damages, repairs] = [0, 0];
    for (let seed = 1; seed <= 16; seed++) {
      const life = await live(seed, { ...HONEST, "bit-rot": 30_000, "read-eio": 30_000 }, true);
      damages += life.damages;
      repairs += life.repairs;
    }
    expect(damages).toBeGreaterThan(10);
    expect(repairs).toBeGreaterThan(3);
  });
});
