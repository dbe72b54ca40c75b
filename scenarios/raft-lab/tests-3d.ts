/** 3D: logs that are cut behind snapshots. */
import { check } from "./failure.js";
import type { Lab } from "./lab.js";

/** The service takes a snapshot about every so many commands (`server.ts`). */
const SNAPSHOT_EVERY = 10;
const MAX_LOG_BYTES = 2_000;
const ROUNDS = 30;
const ALL_CRASH_ROUNDS = 5;

/** What happens to one server in each round while the others go on. */
export type Absence = "none" | "disconnect" | "crash";

/** Logs stay short; a server that was away for longer than they reach back is brought up to date. */
export async function snapshots(lab: Lab, absence: Absence): Promise<void> {
  await lab.one(lab.command(), lab.size, true);
  let leader = await lab.checkOneLeader();
  for (let round = 0; round < ROUNDS; round++) {
    const [sender, victim] = round % 3 === 1 ? [lab.after(leader), leader] : [leader, lab.after(leader)];
    if (absence === "disconnect") lab.disconnect(victim);
    if (absence === "crash") lab.crash(victim);
    if (absence !== "none") await lab.one(lab.command(), lab.size - 1, true);
    const commands = drawCommands(lab);
    for (let i = 0; i < commands; i++) lab.start(sender, lab.command());
    await lab.one(lab.command(), absence === "none" ? lab.size : lab.size - 1, true);
    const sizeBytes = lab.logBytes();
    check(sizeBytes < MAX_LOG_BYTES, () => `log size too large: ${sizeBytes} bytes`);
    if (absence === "none") continue;
    if (absence === "crash") lab.restart(victim);
    lab.connect(victim);
    await lab.one(lab.command(), lab.size, true);
    leader = await lab.checkOneLeader();
  }
}

/** All servers die at once, again and again; the log goes on where it was. */
export async function snapshotAllCrash(lab: Lab): Promise<void> {
  await lab.one(lab.command(), lab.size, true);
  for (let round = 0; round < ALL_CRASH_ROUNDS; round++) {
    const commands = drawCommands(lab);
    for (let i = 0; i < commands; i++) await lab.one(lab.command(), lab.size, true);
    const before = await lab.one(lab.command(), lab.size, true);
    restartAll(lab);
    const after = await lab.one(lab.command(), lab.size, true);
    check(after > before, () => `index decreased from ${before} to ${after}`);
  }
}

/** A server that wrote nothing since it began from its snapshot still has the snapshot the next time. */
export async function snapshotInit(lab: Lab): Promise<void> {
  for (let i = 0; i < SNAPSHOT_EVERY + 2; i++) await lab.one(lab.command(), lab.size, true);
  restartAll(lab);
  // One command, so that something is written.
  await lab.one(lab.command(), lab.size, true);
  restartAll(lab);
  await lab.one(lab.command(), lab.size, true);
}

/** Perhaps enough for a snapshot. */
function drawCommands(lab: Lab): number {
  return SNAPSHOT_EVERY / 2 + lab.random.below(SNAPSHOT_EVERY);
}

function restartAll(lab: Lab): void {
  for (const server of lab.all()) lab.crash(server);
  for (const server of lab.all()) {
    lab.restart(server);
    lab.connect(server);
  }
}
