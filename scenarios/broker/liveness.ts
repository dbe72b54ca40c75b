/**
 * Liveness in two phases. First a core of the cluster, a majority of the controllers and as many brokers as each
 * partition needs, gets well while all else stays as broken as it is, for good: the core must make progress. Then
 * everything gets well: every replica must be in sync and have all. What it does not check: how fast.
 */
import { partitionName } from "#engines/broker/types.js";
import type { PartitionModel } from "./checks/index.js";
import { stateText } from "./narration.js";
import { TOPIC } from "./operations.js";
import { eachLink } from "../fleet.js";
import { shuffle } from "../raft/draw.js";
import type { Storm } from "./storm.js";

/** Longer than any stall of a disk, spell without space or pause, a restart on top, and several elections. */
const PROGRESS_WITHIN_US = 40_000_000;
const CONVERGE_WITHIN_US = 90_000_000;
const POLL_US = 50_000;
const SESSIONS_TO_SETTLE = 3;

/** The first phase. */
export async function coreMakesProgress(storm: Storm): Promise<void> {
  const { run, controllers, brokers, admin, budget, plan } = storm;
  const stream = run.world.streams.get("core");
  storm.nemesis.stop();
  const majority = (plan.controllers.length >> 1) + 1;
  const coreControllers = shuffle(plan.controllers, stream).slice(0, majority);
  const servers = [...coreControllers, ...plan.brokers];
  budget.spare(servers);
  run.world.network.healAmong([...servers, admin.node.name]);
  for (const server of controllers.servers) {
    if (servers.includes(server.name)) continue;
    // One that only a part of the others hears could keep them from electing another (Cloudflare's outage of 2020).
    if (stream.below(2) === 0) controllers.hold(server);
    else {
      const others = [...plan.controllers, ...plan.brokers];
      eachLink(server.name, others, (from, to) => run.world.network.cut(from, to));
    }
  }
  // Until whoever was silent has been heard of, or is fenced.
  await run.world.sleep(SESSIONS_TO_SETTLE * plan.tuning.sessionTimeoutUs);
  const spare = shuffle(plan.brokers, stream).find((name) => canDoWithout(storm, name));
  if (spare !== undefined) brokers.hold(brokers.server(spare));
  const core = servers.filter((name) => name !== spare);
  run.note(`${core.join(" ")} are well, and have to make progress`);
  for (const [partition, refusal] of await admin.writesEverywhere(PROGRESS_WITHIN_US)) {
    const { name, state } = storm.checks.partition(partitionName({ topic: TOPIC, partition }));
    run.world.fail(
      "liveness/no-progress",
      `${core.join(" ")} are whole and connected, but ${name} (${state === undefined ? "not made" : stateText(state)}) took no record in ${PROGRESS_WITHIN_US} us: ${refusal}`,
    );
  }
}

/** Whether every partition has somebody else who leads it or may, and enough replicas to take records. */
function canDoWithout(storm: Storm, broker: string): boolean {
  const { checks, plan } = storm;
  // Who is down, or has just come back, may not have what it had, and then counts for nothing.
  if (plan.brokers.some((name) => name !== broker && !checks.isCurrent(name))) return false;
  const partitions = [...checks.partitions];
  // The topic is made by all brokers together.
  const made = partitions.filter(({ name, state }) => state !== undefined && name.startsWith(`${TOPIC}-`));
  if (made.length < plan.topic.partitions) return false;
  return partitions.every((partition) => hasEnoughWithout(storm, partition, broker));
}

function hasEnoughWithout({ plan }: Storm, { state, proposed }: PartitionModel, broker: string): boolean {
  if (state === undefined) return false;
  // While replicas come and go, it is not known who is needed.
  if (state.adding.length > 0 || state.removing.length > 0) return false;
  const others = state.replicas.filter((name) => name !== broker);
  if (others.length < plan.topic.config.minInsyncReplicas) return false;
  return others.some((name) => state.isr.includes(name) && proposed?.includes(name) !== false);
}

/** The second phase, with everything well. `first`: what others have to do before all comes to rest. */
export async function allConverge(
  storm: Storm,
  first: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { run, controllers, brokers, clients, operations } = storm;
  const { world } = run;
  run.note("everything heals, and all replicas have to be in sync");
  world.faults.heal();
  world.network.heal();
  controllers.makePeace();
  brokers.makePeace();
  clients.stop();
  let untilUs = world.nowUs + CONVERGE_WITHIN_US;
  while (clients.areBusy && world.nowUs < untilUs) await world.sleep(POLL_US);
  const [open] = operations.open();
  if (open !== undefined) {
    world.fail(
      "liveness/operation-open",
      `client ${open.client}'s ${open.input.kind} in ${open.input.partition} never ended`,
    );
    return;
  }
  await first();
  untilUs = world.nowUs + CONVERGE_WITHIN_US;
  while (convergenceProblem(storm) !== undefined && world.nowUs < untilUs) await world.sleep(POLL_US);
  const problem = convergenceProblem(storm);
  if (problem !== undefined) world.fail("liveness/not-in-sync", problem);
}

/** Why not all is in sync; undefined where it is. */
function convergenceProblem({ checks, plan }: Storm): string | undefined {
  const behind = plan.brokers.find((name) => !checks.isCurrent(name));
  if (behind !== undefined) return `${behind} does not know all of the metadata`;
  for (const partition of checks.partitions) {
    const problem = partitionProblem(partition);
    if (problem !== undefined) return `${partition.name}: ${problem}`;
  }
  return undefined;
}

function partitionProblem({ state, replicas }: PartitionModel): string | undefined {
  if (state === undefined) return "no controller knows it";
  if (state.leader === undefined) return "nobody leads it";
  if (state.adding.length > 0 || state.removing.length > 0) return "its reassignment has not ended";
  const missing = state.replicas.filter((name) => !state.isr.includes(name));
  if (missing.length > 0) return `${missing.join(" ")} not in sync`;
  const end = replicas.get(state.leader)?.endOffset ?? 0;
  for (const name of state.replicas) {
    const log = replicas.get(name);
    if (log === undefined || log.endOffset !== end)
      return `${name} ends at ${log?.endOffset ?? 0}, not at ${end}`;
    if (log.highWatermark !== end) return `${name} knows of ${log.highWatermark} committed, not of ${end}`;
  }
  return undefined;
}
