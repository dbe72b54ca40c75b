/**
 * What operators ask of a cluster that is whole must come to pass: that another server leads, and, where the
 * scenario changes members at all, that a server is added or removed. They ask again where they are refused, as
 * an operator would. What it does not check: that it happens at the first time of asking.
 */
import { RaftError } from "#engines/raft/errors.js";
import { makeConfiguration, sameConfiguration } from "#engines/raft/configuration.js";
import type { Configuration, Term } from "#engines/raft/types.js";
import type { Life } from "./cluster.js";
import type { Storm } from "./storm.js";

const OBEYED_WITHIN_US = 20_000_000;
const ASK_AGAIN_US = 500_000;
const LOOK_US = 20_000;

/** Fewer voters are not asked for: a cluster of two bears nothing. */
const FEWEST_VOTERS = 3;

export async function operatorsAreObeyed(storm: Storm): Promise<void> {
  await handsOver(storm);
  if (storm.setting.nemesis.changes > 0) await changesMembers(storm);
}

/** Whom the leader told to take over leads in the very next term: nothing is in the way of it any more. */
async function handsOver(storm: Storm): Promise<void> {
  const { world } = storm.run;
  const { model } = storm.checks;
  const old = model.leader()?.name;
  const next = model.committedConfiguration.voters.find((name) => name !== old);
  if (old === undefined || next === undefined) return;
  let endedTerm: Term | undefined;
  const ask = async ({ raft }: Life): Promise<void> => {
    const { node, term } = raft.inspect();
    if (node !== old || model.servers().some((server) => server.term > term)) return;
    await raft.transferLeadership(next);
    endedTerm ??= term;
  };
  const hasEnded = (): boolean => endedTerm !== undefined || model.leader()?.name !== old;
  if (!(await askUntil(storm, ask, hasEnded))) {
    world.fail("liveness/handover", `${old} was asked again and again, but leads on`);
  }
  if (endedTerm === undefined) return;
  const isLed = (): boolean => model.leaderOf(endedTerm! + 1) !== undefined;
  await askUntil(
    storm,
    () => Promise.resolve(),
    () => isLed() || (model.leader()?.term ?? 0) > endedTerm! + 1,
  );
  if (model.leaderOf(endedTerm + 1)?.server.name === next) return;
  world.fail("liveness/handover", `${old} told ${next} to lead after term ${endedTerm}, but it did not`);
}

async function changesMembers(storm: Storm): Promise<void> {
  const { model } = storm.checks;
  const target = targetFor(storm, model.committedConfiguration);
  if (target === undefined) return;
  const ask = ({ raft }: Life): Promise<void> => raft.changeMembership(target);
  if (await askUntil(storm, ask, () => sameConfiguration(model.committedConfiguration, target))) return;
  const { voters } = model.committedConfiguration;
  const { world } = storm.run;
  world.fail("liveness/membership", `${voters.join(" ")} never became ${target.voters.join(" ")}`);
}

/** One server more, if there is one; else one less. */
function targetFor({ plan }: Storm, { voters }: Configuration): Configuration | undefined {
  const spare = plan.servers.find((name) => !voters.includes(name));
  if (spare !== undefined) return makeConfiguration([...voters, spare]);
  return voters.length > FEWEST_VOTERS ? makeConfiguration(voters.slice(1)) : undefined;
}

/** Asks whoever leads, now and then, until it is so. False where it is not so in time. */
async function askUntil(
  storm: Storm,
  ask: (life: Life) => Promise<void>,
  isSo: () => boolean,
): Promise<boolean> {
  const { run, cluster, checks } = storm;
  const { world } = run;
  const untilUs = world.nowUs + OBEYED_WITHIN_US;
  for (let askAtUs = world.nowUs; world.nowUs < untilUs;) {
    if (isSo()) return true;
    const leader = checks.model.leader();
    if (world.nowUs >= askAtUs && leader !== undefined) {
      askAtUs = world.nowUs + ASK_AGAIN_US;
      cluster.order(cluster.server(leader.name), (life) => void quietly(ask(life)));
    }
    await world.sleep(LOOK_US);
  }
  return isSo();
}

/** Refusals are the cluster's right; they only must not last. */
async function quietly(asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
  }
}
