/** What the scenarios of a log on one disk share: their parameters, their disk, and the life of their process. */
import { verify } from "#engines/wal/index.js";
import { HONEST_PROFILE, type DiskProfile } from "#sim/disk/index.js";
import type { Admit } from "#sim/faults/index.js";
import type { Node, Program } from "#sim/process.js";
import type { Parameter, Run } from "#sim/scenario.js";

/**
 * So many times at most a run is struck down, each as likely. A log has to get somewhere between two crashes;
 * but the windows that take two of them, one in the recovery from the other, are narrow.
 */
const MAX_STRIKES = [6, 8, 8, 40];
const RESTART_MAX_US = 20_000;
const OPEN_AGAIN_MAX_US = 1_000_000;
/** A disk that stays unreadable for so many boots in a row will stay so. */
const MAX_OPENS_FAILED = 40;
/** Longer than any spell of a full disk. */
const REST_US = 5_000_000;

export const WAL_PARAMETERS: Readonly<Record<string, Parameter>> = {
  operations: { type: "integer", summary: "appends in a run", min: 0, max: 1_000_000, default: 500 },
  clients: {
    type: "integer",
    summary: "concurrent writers; 0: drawn from 1 to 16",
    min: 0,
    max: 1_000,
    default: 0,
  },
  policy: {
    type: "choice",
    summary: "when an append is acknowledged",
    choices: ["any", "each", "group", "interval", "none"],
    default: "any",
  },
  metadata: {
    type: "choice",
    summary: "which names and sizes survive a power loss",
    choices: ["any", "journaled", "adversarial"],
    default: "any",
  },
};

/** The disk that the run's parameters ask for. */
export function drawProfile(run: Run): DiskProfile {
  const drawn = run.workload.pick(["journaled", "adversarial"] as const);
  const asked = run.choice("metadata");
  const metadata = asked === "journaled" || asked === "adversarial" ? asked : drawn;
  return { ...HONEST_PROFILE, ...run.planned("disk", { metadata }) };
}

/** Strikes are refused once a run has had its share; all else is within what a log promises to survive. */
export function admitStrikes(run: Run): Admit {
  const counts = run.world.faults.ledger.counts();
  const maxStrikes = run.world.streams.get("strikes").pick(MAX_STRIKES);
  const strikes = (): number =>
    (counts.get("crash")?.injected ?? 0) + (counts.get("power-loss")?.injected ?? 0);
  return (kind) => (kind !== "crash" && kind !== "power-loss") || strikes() < maxStrikes;
}

/** A process on a log, as the scenarios drive it. */
export interface Service {
  /** Whether every planned operation was tried. */
  readonly done: boolean;
  /** Whether the latest incarnation got its files open and checked. */
  readonly opened: boolean;
  /** Why the files were refused for good, if they were. */
  readonly damage: Error | undefined;
  readonly program: Program;
  /** To be called when the process has gone, and whenever the machine loses power. */
  stopped(powerLost: boolean): void;
}

/** Boots the service again and again until its plan is through, or it can't get its files open. */
export async function keepRunning(run: Run, node: Node, service: Service): Promise<void> {
  const { world } = run;
  let opensFailed = 0;
  for (let boot = 1; !service.done && opensFailed < MAX_OPENS_FAILED; boot++) {
    const exit = await world.boot(node, service.program).exited;
    service.stopped(exit === "power-loss");
    if (exit !== "done" && !service.opened) world.reached("scenario/killed-in-recovery");
    opensFailed = service.opened || exit !== "done" ? 0 : opensFailed + 1;
    if (service.damage !== undefined) return;
    const idle = world.faults.strike("power-loss", node, boot, 0, 1, () => "while no process runs");
    if (idle !== undefined) {
      world.powerLoss(node, idle);
      service.stopped(true);
    }
    await world.sleep(run.workload.below(service.opened ? RESTART_MAX_US : OPEN_AGAIN_MAX_US));
  }
}

/** One more boot without new faults: the log must open, and its files must be whole. */
export async function checkAtRest(run: Run, node: Node, service: Service, directory: string): Promise<void> {
  const { world } = run;
  world.faults.heal();
  await world.sleep(REST_US);
  await world.boot(node, service.program).exited;
  if (service.damage !== undefined) world.fail("wal/false-damage", service.damage.message);
  else if (!service.opened)
    world.fail("wal/does-not-open", "the log did not open on a disk that no longer fails");
  await world.boot(node, async (env) => {
    const report = await verify(env, directory);
    for (const problem of report.problems) world.fail("wal/verify", problem.message);
  }).exited;
}
