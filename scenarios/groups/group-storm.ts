/** A run of a scenario of groups: a broker's storm, in which members share what the producers write. */
import type { BrokerEvent } from "#engines/broker/events.js";
import { coordinatorPartition } from "#engines/broker/coordinator/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { GroupOracle, type GroupBroken } from "#sim/check/index.js";
import type { Run } from "#sim/scenario.js";
import { partitionsOf } from "../broker/clients.js";
import { allConverge, coreMakesProgress } from "../broker/liveness.js";
import { TOPIC } from "../broker/operations.js";
import type { BrokerPlan } from "../broker/plan.js";
import { countFigures, Storm } from "../broker/storm.js";
import { GroupActs } from "./acts.js";
import { drainGroups } from "./liveness.js";
import { Member } from "./member.js";
import { GroupObserver } from "./observer.js";
import { drawGroupsPlan, type GroupsPlan } from "./plan.js";
import type { GroupsSetting } from "./setting.js";

/** An expiry waits until it is committed, and what its coordinator says of it for the end of a pause. */
const EXPIRY_WITHIN_US = 3_000_000;

export class GroupStorm {
  readonly run: Run;
  readonly setting: GroupsSetting;
  readonly storm: Storm;
  readonly groups: GroupsPlan;
  readonly oracle: GroupOracle;
  readonly members: readonly Member[];
  readonly acts: GroupActs;
  readonly observer: GroupObserver;
  readonly #completed: Map<string, number> = new Map();

  constructor(run: Run, setting: GroupsSetting) {
    this.run = run;
    this.setting = setting;
    this.storm = new Storm(run, setting.broker);
    this.groups = drawGroupsPlan(run, setting, this.plan.stormUs);
    this.storm.coordinators = this.groups.coordinators;
    this.members = this.groups.members.map((_, index) => new Member(this, index));
    this.oracle = new GroupOracle({
      topics: new Map([[TOPIC, this.plan.topic.partitions]]),
      mayForget: this.groups.mayForget,
      expiryWithinUs: EXPIRY_WITHIN_US,
      assigns: setting.protocol === "classic" ? "members" : "coordinators",
    });
    this.acts = new GroupActs(this);
    this.observer = new GroupObserver(this);
    run.world.listen((from, event) => this.observer.observed(from, event as BrokerEvent));
  }

  get plan(): BrokerPlan {
    return this.storm.plan;
  }

  /** All that members subscribe to. */
  get partitions(): readonly TopicPartition[] {
    return partitionsOf(this.plan);
  }

  /** Which partition of the offsets topic has what is known of a group. */
  readonly shardOf = (group: number): number => {
    const { partitions = 1 } = this.groups.coordinators.internalTopics ?? {};
    return coordinatorPartition(this.groups.groups[group]!.name, partitions);
  };

  /** How many generations of a group have been completed. */
  rebalances(group: string): number {
    return this.#completed.get(group) ?? 0;
  }

  generationCompleted(group: string): void {
    this.#completed.set(group, this.rebalances(group) + 1);
    this.run.count("rebalances");
  }

  /** Where the log of a partition ends, as far as anybody was told. */
  endOf(partition: TopicPartition): number {
    return this.storm.checks.partition(partitionName(partition)).exposed;
  }

  judge(broken: GroupBroken | undefined): void {
    if (broken !== undefined) this.run.world.fail(`group/${broken.rule}`, broken.message);
  }

  start(): void {
    this.storm.start(this.members.map(({ node }) => node.name));
    for (const member of this.members) void member.start();
    void this.acts.start();
  }
}

/** The whole run. */
export async function driveGroups(run: Run, setting: GroupsSetting): Promise<void> {
  const groups = new GroupStorm(run, setting);
  const { storm } = groups;
  groups.start();
  await run.world.sleep(storm.plan.stormUs);
  groups.acts.stop();
  await coreMakesProgress(storm);
  await allConverge(storm, () => drainGroups(groups));
  if (run.world.findings.length === 0) await storm.admin.judgeAll();
  countFigures(storm);
}
