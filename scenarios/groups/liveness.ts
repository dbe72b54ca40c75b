/**
 * Once everything is well: each group has all of its members in a stable generation within a bounded number of rebalances,
 * and has committed everything that there is. Then its members leave.
 */
import { GroupConsumer } from "#engines/broker/client/index.js";
import { partitionName } from "#engines/broker/types.js";
import { RpcClient } from "#engines/rpc/index.js";
import { newView } from "../broker/view.js";
import type { GroupStorm } from "./group-storm.js";
import { RETURNS, type GroupPlan } from "./plan.js";

const SETTLE_WITHIN_US = 60_000_000;
/** Longer than any session, and than any rebalance waits. */
const STAYS_FOR_US = 3_000_000;
/** A poll, what is committed then, and that it leaves. */
const STOP_WITHIN_US = 20_000_000;
const POLL_US = 50_000;
const ASK_WITHIN_US = 10_000_000;
/** Whoever was put out, or was down, comes back alone, and a cooperative group goes through two rounds for each change. */
const REBALANCES_PER_MEMBER = 4;

export async function drainGroups(storm: GroupStorm): Promise<void> {
  const { run, groups, members, twins } = storm;
  const { world } = run;
  storm.calmDown();
  const before = new Map(groups.groups.map(({ name }) => [name, storm.rebalances(name)]));
  const untilUs = world.nowUs + SETTLE_WITHIN_US;
  const problem = await settle(storm, untilUs);
  if (problem !== undefined) {
    world.fail("liveness/group-not-stable", problem);
    return;
  }
  for (const [name, count] of before) {
    const took = storm.rebalances(name) - count;
    const bound = REBALANCES_PER_MEMBER * (storm.membersOf(name).length + 1);
    if (took > bound) world.fail("liveness/too-many-rebalances", `${name} took ${took} rebalances to settle`);
  }
  await judgeCommits(storm);
  for (const member of members) member.stop();
  const all = [...members, ...twins];
  const stopUntilUs = world.nowUs + STOP_WITHIN_US;
  while (!all.every(({ isOver }) => isOver) && world.nowUs < stopUntilUs) await world.sleep(POLL_US);
  const open = all.find(({ isOver }) => !isOver);
  if (open !== undefined) world.fail("liveness/operation-open", `${open.node.name} did not come to an end`);
}

/** Waits until everything is well and stays so for a while. Why it is not; undefined where it is. */
async function settle(storm: GroupStorm, untilUs: number): Promise<string | undefined> {
  const { world } = storm.run;
  const rebalances = (): number => {
    return storm.groups.groups.reduce((sum, { name }) => sum + storm.rebalances(name), 0);
  };
  let last = rebalances();
  let sinceUs = world.nowUs;
  while (world.nowUs < untilUs) {
    const problem = problemOf(storm);
    if (problem !== undefined || rebalances() !== last) sinceUs = world.nowUs;
    if (world.nowUs - sinceUs >= STAYS_FOR_US) return undefined;
    last = rebalances();
    await world.sleep(POLL_US);
  }
  return problemOf(storm) ?? `groups still rebalance, after ${rebalances()} times in all`;
}

/** Why not everything is well; undefined where it is. */
function problemOf(storm: GroupStorm): string | undefined {
  if (storm.writers.areBusy) return `what was sent to ${RETURNS} has not all been answered`;
  for (const group of storm.groups.groups) {
    const problem = membersProblem(storm, group) ?? lagOf(storm, group);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function membersProblem(storm: GroupStorm, { name }: GroupPlan): string | undefined {
  const mine = storm.membersOf(name);
  const latest = storm.oracle.latest(name);
  if (latest === undefined) return `${name} has never had a complete generation`;
  const { generation, members } = latest;
  if (members.length !== mine.length) {
    return `generation ${generation} of ${name} has ${members.length} members, not ${mine.length}`;
  }
  const behind = mine.find(({ told }) => told === undefined || !storm.oracle.isUpToDate(told));
  if (behind !== undefined) return `${behind.node.name} has not come to generation ${generation} of ${name}`;
  const owned = members.flatMap(({ partitions }) => partitions).length;
  if (owned !== storm.partitionsOf(name).length)
    return `generation ${generation} of ${name} owns ${owned} partitions`;
  return undefined;
}

function lagOf(storm: GroupStorm, { name }: GroupPlan): string | undefined {
  const partitions = storm.partitionsOf(name);
  const { floors } = storm.oracle.asked(name, partitions.map(partitionName));
  for (const partition of partitions) {
    const end = storm.endOf(partition);
    const committed = floors.get(partitionName(partition)) ?? 0;
    if (committed !== end) {
      return `${name} has committed ${partitionName(partition)} up to ${committed}, which ends at ${end}`;
    }
  }
  return undefined;
}

/** As anybody is told who asks. */
async function judgeCommits(storm: GroupStorm): Promise<void> {
  const { run, plan, oracle } = storm;
  const node = run.world.addNode("auditor");
  await run.world.boot(node, async (env) => {
    const rpc = new RpcClient(env);
    const cluster = newView(rpc, plan);
    for (const { name } of storm.groups.groups) {
      const partitions = storm.partitionsOf(name);
      const ends = new Map(partitions.map((each) => [partitionName(each), storm.endOf(each)]));
      const consumer = new GroupConsumer(rpc, { cluster, group: name });
      const answer = await consumer.committed(partitions, ASK_WITHIN_US);
      const offsets = answer.map(({ partition, offset }) => [partitionName(partition), offset] as const);
      for (const broken of oracle.finish(name, ends, new Map(offsets))) storm.judge(broken);
      await consumer.close(ASK_WITHIN_US);
    }
    cluster.close();
  }).exited;
}
