/**
 * Liveness in two phases. First a core of the cluster, a quorum of intact servers, gets well while all else
 * stays as broken as it is, for good: the core must make progress. Then everything gets well: all members must
 * come to the same state. What it does not check: how fast; the bounds are generous.
 */
import { isQuorum } from "#engines/raft/configuration.js";
import type { Configuration } from "#engines/raft/types.js";
import type { Stream } from "#sim/streams.js";
import { checkConvergence, convergenceProblem } from "./checks/index.js";
import { shuffle } from "./draw.js";
import { operatorsAreObeyed } from "./operators.js";
import type { Storm } from "./storm.js";

/** Longer than any stall of a disk, spell without space or pause, a restart on top, and several elections. */
const PROGRESS_WITHIN_US = 30_000_000;
const CONVERGE_WITHIN_US = 60_000_000;
/** For a cluster that may be past help: long enough for every open operation to run out of time. */
const REST_US = 5_000_000;
const POLL_US = 50_000;

/** The first phase. Skipped where no core is left: then nobody could promise anything. */
export async function coreMakesProgress(storm: Storm): Promise<void> {
  const { run, cluster, auditor, budget } = storm;
  const stream = run.world.streams.get("core");
  const core = chooseCore(storm, stream);
  if (core === undefined) {
    run.count("coreSkipped");
    return;
  }
  storm.nemesis.stop();
  run.note(`${core.join(" ")}, a quorum, heal, and have to make progress`);
  budget.spare(core);
  run.world.network.healAmong([...core, auditor.node.name]);
  // Some of the others are gone for good, the rest is as it is: cut off, slow, dying.
  for (const server of cluster.servers) {
    if (core.includes(server.name) || stream.below(2) !== 0) continue;
    run.note(`${server.name} is stopped, and stays down for now`);
    cluster.hold(server);
  }
  if (await auditor.writes(PROGRESS_WITHIN_US)) return;
  run.world.fail(
    "liveness/no-progress",
    `${core.join(" ")} are a quorum, whole and connected, but committed nothing in ${PROGRESS_WITHIN_US} us`,
  );
}

/** The least set of intact servers, drawn, that is a quorum of every configuration that may come to count. */
function chooseCore(storm: Storm, stream: Stream): string[] | undefined {
  const { checks, plan } = storm;
  const configurations = [...configurationsAhead(storm), ...storm.nemesis.targets];
  const repairing = new Set(
    checks.model
      .servers()
      .filter((each) => each.isRepairing)
      .map(({ name }) => name),
  );
  const core = new Set(plan.servers.filter((name) => !plan.faulty.has(name) && !repairing.has(name)));
  const isEnough = (): boolean => configurations.every((each) => isQuorum(each, (name) => core.has(name)));
  if (!isEnough()) return undefined;
  for (const name of shuffle([...core], stream)) {
    core.delete(name);
    if (!isEnough()) core.add(name);
  }
  return [...core].toSorted();
}

/** The configuration that is committed, and those in logs that may follow. */
function configurationsAhead({ plan, checks: { model } }: Storm): Configuration[] {
  const all = [model.committedConfiguration, ...model.servers().map(({ configuration }) => configuration)];
  const known = all.filter(({ voters }) => voters.length > 0);
  // Before the first server is up nothing is known but who is to begin.
  return known.length > 0 ? known : [plan.bootstrap];
}

/** The second phase, with everything well, and what operators ask then. Where not `isLive`, nothing is promised. */
export async function allConverge(storm: Storm, isLive: boolean): Promise<void> {
  const { run, cluster, clients, operations } = storm;
  const { world } = run;
  storm.nemesis.stop();
  run.note("everything heals, and all have to agree");
  world.faults.heal();
  world.network.heal();
  cluster.makePeace();
  clients.stop();
  const untilUs = world.nowUs + (isLive ? CONVERGE_WITHIN_US : REST_US);
  while (clients.areBusy && world.nowUs < untilUs) await world.sleep(POLL_US);
  const open = operations.open();
  if (open.length > 0) {
    const { client, input } = open[0]!;
    world.fail(
      "liveness/operation-open",
      `${open.length} operations never ended, among them client ${client}'s ${input.op}`,
    );
    return;
  }
  await converge(storm, isLive, untilUs);
  if (!isLive || world.findings.length > 0) return;
  await operatorsAreObeyed(storm);
  await converge(storm, isLive, world.nowUs + CONVERGE_WITHIN_US);
}

/** Waits until all members have come to one state. Where `isLive`, they must have in time. */
async function converge({ run, checks, report }: Storm, isLive: boolean, untilUs: number): Promise<void> {
  const { world } = run;
  const about = { checks, world };
  while (convergenceProblem(about) !== undefined && world.nowUs < untilUs) await world.sleep(POLL_US);
  if (isLive) checkConvergence({ ...about, report });
}
