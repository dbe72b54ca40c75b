/**
 * A run of a broker scenario: the plan is drawn and its parts are put together, everything breaks for a while, then a
 * core and at last all gets well, and what happened is judged.
 */
import type { BrokerEvent } from "#engines/broker/events.js";
import type { BrokerOptions } from "#engines/broker/server/index.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import type { Run } from "#sim/scenario.js";
import type { KeptClients } from "../kept-clients.js";
import { PARTITION_PACES } from "../raft/menus.js";
import { Admin } from "./admin.js";
import { Budget } from "./budget.js";
import { BrokerChecks } from "./checks/index.js";
import { newClients } from "./clients.js";
import { newBrokers, newControllers, type Brokers, type Controllers } from "./cluster.js";
import { allConverge, coreMakesProgress } from "./liveness.js";
import { clientsOf } from "./narration.js";
import { Nemesis } from "./nemesis.js";
import { Operations } from "./operations.js";
import { drawBrokerPlan, type BrokerPlan } from "./plan.js";
import type { BrokerSetting } from "./setting.js";

/** Of topics that coordinators keep what they know in, which are compacted. */
const INTERNAL_PREFIX = "__";

/** What a scenario has its brokers do beside what all do. */
export type CoordinatorOptions = Pick<BrokerOptions, "groups" | "internalTopics" | "transactions">;

export class Storm {
  readonly run: Run;
  readonly setting: BrokerSetting;
  readonly plan: BrokerPlan;
  readonly budget: Budget;
  readonly controllers: Controllers;
  readonly brokers: Brokers;
  readonly operations: Operations;
  readonly clients: KeptClients;
  readonly admin: Admin;
  readonly checks: BrokerChecks;
  readonly nemesis: Nemesis;
  /** To be set before `start`. */
  coordinators: CoordinatorOptions = {};
  /** There was an unclean election. */
  #mayLose = false;

  constructor(run: Run, setting: BrokerSetting) {
    const { world } = run;
    this.run = run;
    this.setting = setting;
    this.plan = drawBrokerPlan(run, setting);
    this.budget = new Budget(run, setting, this.plan);
    // Clocks go wrong when their machines are added, so this comes first.
    world.faults.admit = this.budget.admit;
    const isCompacted = this.plan.topic.config.cleanup !== "delete";
    this.checks = new BrokerChecks({
      report: this.report,
      syncs: this.plan.tuning.durability === "sync",
      mayLose: (broker) => this.plan.faulty.includes(broker),
      isCompacted: (partition) => isCompacted || partition.startsWith(INTERNAL_PREFIX),
      electedUncleanly: (partition) => this.#noteUnclean(partition),
      allowsUncleanElection: setting.allowsUncleanElection,
    });
    world.listen((from, event) => this.checks.observed(from, event as BrokerEvent));
    this.controllers = newControllers(this);
    this.brokers = newBrokers(this);
    this.operations = new Operations(run, this.plan, {
      mayLose: () => (this.#mayLose ? "any" : "nothing"),
      latestEpoch: (partition) => this.checks.partition(partition).state?.leaderEpoch ?? NO_EPOCH,
    });
    this.clients = newClients(run, this.plan, this.operations);
    this.admin = new Admin(run, this.plan, this.operations);
    this.budget.spare([this.admin.node.name]);
    this.nemesis = new Nemesis(this);
  }

  /** An invariant of the log's inside broke. */
  readonly report = (invariant: string, message: string): void => this.run.world.fail(invariant, message);

  #tellClients(): void {
    this.run.tellClients(clientsOf(this.plan, this.operations));
  }

  #noteUnclean(partition: string): void {
    this.#mayLose = true;
    this.run.note(`the new leader of ${partition} may lack something committed, as the topic allows`);
    this.run.count("uncleanElections");
    this.run.world.reached("broker-unclean/elected");
  }

  /** `others`: machines that are clients, too. `tell`: tells people of whose calls they are to hear. */
  start(others: readonly string[] = [], tell: () => void = () => this.#tellClients()): void {
    const { world } = this.run;
    tell();
    this.controllers.start();
    this.brokers.start();
    this.admin.createTopic();
    this.clients.start();
    void this.nemesis.start();
    const { partitioning } = this.setting;
    if (partitioning === "none") return;
    const servers = [...this.plan.controllers, ...this.plan.brokers];
    world.network.partitions.keepForming(
      servers,
      [...this.clients.names, ...others],
      PARTITION_PACES[partitioning],
    );
  }
}

/** The whole run. */
export async function driveBroker(run: Run, setting: BrokerSetting): Promise<void> {
  const storm = new Storm(run, setting);
  storm.start();
  await run.world.sleep(storm.plan.stormUs);
  await coreMakesProgress(storm);
  await allConverge(storm);
  if (run.world.findings.length === 0) await storm.admin.judgeAll();
  countFigures(storm);
}

/** What the cluster has done. */
export function countFigures({ run, plan, checks, operations }: Storm): void {
  const { stats } = checks;
  run.count("brokers", plan.brokers.length);
  run.count("elections", stats.elections);
  run.count("commits", checks.committedBatches);
  run.count("truncations", stats.truncations);
  run.count("isrShrinks", stats.isrShrinks);
  run.count("isrGrowths", stats.isrGrowths);
  run.count("diverged", stats.diverged);
  run.count("compactions", stats.compactions);
  run.count("lost", operations.oracle.lost);
  if (operations.oracle.lost > 0) run.world.reached("broker-unclean/lost");
  run.count("messages", run.world.network.counts.sent);
}
