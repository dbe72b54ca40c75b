/** A run of a scenario of groups: a broker's storm, in which members share what the producers write. */
import type { BrokerEvent } from "#engines/broker/events.js";
import { coordinatorPartition } from "#engines/broker/coordinator/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { GroupOracle, type GroupBroken } from "#sim/check/index.js";
import type { Run } from "#sim/scenario.js";
import { allConverge, coreMakesProgress } from "../broker/liveness.js";
import { TOPIC } from "../broker/operations.js";
import type { BrokerPlan } from "../broker/plan.js";
import { countFigures, Storm } from "../broker/storm.js";
import type { KeptClients } from "../kept-clients.js";
import { GroupActs } from "./acts.js";
import { Dawdler } from "./dawdler.js";
import { drainGroups } from "./liveness.js";
import { Member } from "./member.js";
import { GroupObserver } from "./observer.js";
import { RETURNS, drawGroupsPlan, type GroupsPlan } from "./plan.js";
import { newReturnsWriter } from "./returns.js";
import type { GroupsSetting } from "./setting.js";

/** An expiry waits until it is committed, and what its coordinator says of it for the end of a pause. */
const EXPIRY_WITHIN_US = 3_000_000;
/** Of the name of a second process of an instance. */
const TWIN_SUFFIX = "b";

export class GroupStorm {
  readonly run: Run;
  readonly setting: GroupsSetting;
  readonly storm: Storm;
  readonly groups: GroupsPlan;
  readonly oracle: GroupOracle;
  readonly members: readonly Member[];
  readonly twins: readonly Member[];
  readonly dawdlers: Dawdler[] = [];
  /** Whoever writes to the topic that only groups read. */
  readonly writers: KeptClients;
  readonly acts: GroupActs;
  readonly observer: GroupObserver;
  readonly #completed: Map<string, number> = new Map();

  constructor(run: Run, setting: GroupsSetting) {
    this.run = run;
    this.setting = setting;
    this.storm = new Storm(run, setting.broker);
    this.groups = drawGroupsPlan(run, setting, this.plan.stormUs);
    this.storm.coordinators = this.groups.coordinators;
    this.members = this.groups.members.map((plan, index) => new Member(this, nameOf(index), plan));
    this.twins = this.groups.twins.map(({ member, joinsAtUs }) => {
      const plan = { ...this.groups.members[member]!, joinsAtUs };
      return new Member(this, nameOf(member), plan, TWIN_SUFFIX);
    });
    this.writers = newReturnsWriter(run, this.plan, this.groups.returns);
    this.oracle = new GroupOracle({
      topics: new Map([
        [TOPIC, this.plan.topic.partitions],
        [RETURNS, this.groups.returns.partitions],
      ]),
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

  /** All that members of the group subscribe to. */
  partitionsOf(group: string): readonly TopicPartition[] {
    const subscribed = new Set(this.membersOf(group).flatMap(({ plan }) => plan.topics));
    const counts = { [TOPIC]: this.plan.topic.partitions, [RETURNS]: this.groups.returns.partitions };
    return Object.entries(counts)
      .filter(([topic]) => subscribed.has(topic))
      .flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
  }

  /** Without twins. */
  membersOf(name: string): readonly Member[] {
    return this.members.filter(({ group }) => group.name === name);
  }

  /** Whoever takes part, or would, at that machine. */
  memberAt(node: string): Member | undefined {
    return [...this.members, ...this.twins].find((member) => member.node.name === node);
  }

  /** What the member at that machine subscribes to: one of another make to what all do. */
  topicsOf(node: string): readonly string[] {
    return (
      this.memberAt(node)?.plan.topics ?? this.dawdlers.find((each) => each.node.name === node)?.topics ?? []
    );
  }

  newDawdler(group: number): void {
    const dawdler = new Dawdler(this, `x${this.dawdlers.length + 1}`, this.groups.groups[group]!);
    this.dawdlers.push(dawdler);
    dawdler.start();
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
    const { topic } = this.plan;
    const { returns, twins } = this.groups;
    this.storm.start([...this.members, ...this.twins].map(({ node }) => node.name));
    this.storm.admin.createTopic(RETURNS, { ...topic, partitions: returns.partitions });
    this.writers.start();
    for (const member of [...this.members, ...this.twins]) void member.start();
    for (const [index, { joinsAtUs, staysUs }] of twins.entries()) {
      void this.run.world.sleep(joinsAtUs + staysUs).then(() => this.twins[index]!.stop());
    }
    void this.acts.start();
  }

  /** Nothing more is done on purpose: whoever takes part is to get well. */
  calmDown(): void {
    for (const member of this.members) member.calmDown();
    for (const twin of this.twins) twin.stop();
    for (const dawdler of this.dawdlers) dawdler.calmDown();
  }
}

function nameOf(member: number): string {
  return `m${member + 1}`;
}

/** The whole run. */
export async function driveGroups(run: Run, setting: GroupsSetting): Promise<void> {
  const groups = new GroupStorm(run, setting);
  const { storm } = groups;
  groups.start();
  await run.world.sleep(storm.plan.stormUs);
  groups.acts.stop();
  groups.writers.stop();
  await coreMakesProgress(storm);
  await allConverge(storm, () => drainGroups(groups));
  if (run.world.findings.length === 0) await storm.admin.judgeAll();
  countFigures(storm);
}
