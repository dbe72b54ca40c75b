/** A run of the scenario: that of any broker scenario, with those who take part in transactions added to it. */
import type { BrokerEvent } from "#engines/broker/events.js";
import type { Run } from "#sim/scenario.js";
import { coreMakesProgress, allConverge } from "../broker/liveness.js";
import type { BrokerPlan } from "../broker/plan.js";
import { BROKER_SETTING, type BrokerSetting } from "../broker/setting.js";
import { Storm, countFigures, type CoordinatorOptions } from "../broker/storm.js";
import { KeptClients } from "../kept-clients.js";
import { Calls } from "./calls.js";
import { Decisions } from "./decisions.js";
import { Ending } from "./ending.js";
import { clientsOf } from "./narration.js";
import { Blows } from "./nemesis.js";
import { Pipelines } from "./pipelines.js";
import { drawTransactionsPlan, type TransactionsPlan } from "./plan.js";
import { newReaders } from "./readers.js";
import { Vanishings } from "./vanishings.js";
import { newWriters } from "./writers.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  cleanups: ["delete"],
  retentionBytes: [-1],
  retentionMs: [-1],
};
const SESSION_MIN_US = 100_000;

/** All that takes part in a run. */
export class TransactionsStorm {
  readonly run: Run;
  readonly storm: Storm;
  readonly plan: TransactionsPlan;
  readonly calls: Calls;
  readonly writers: KeptClients;
  readonly pipelines: Pipelines;
  readonly readers: KeptClients;
  readonly blows: Blows;
  /** Of the admin in the history. */
  readonly adminClient: number;

  constructor(run: Run) {
    this.run = run;
    this.storm = new Storm(run, SETTING);
    this.plan = drawTransactionsPlan(run, this.storm.plan);
    this.storm.coordinators = coordinatorsOf(this.storm.plan, this.plan);
    this.calls = new Calls(run);
    const decisions = new Decisions(this.storm.report);
    run.world.listen((_, event) => decisions.observed(event as BrokerEvent));
    const options = { run, cluster: this.storm.plan, plan: this.plan, calls: this.calls };
    const { members } = this.plan.pipeline;
    const lose = (client: number): void => this.calls.lose(client);
    const firstReader = this.plan.writers.length + members;
    this.writers = new KeptClients(run, newWriters(options, new Vanishings(run)), lose);
    this.pipelines = new Pipelines(options, this.plan.writers.length);
    this.readers = new KeptClients(run, newReaders(options, firstReader), lose);
    this.adminClient = firstReader + this.plan.readers.length;
    this.blows = new Blows(this.storm, this.plan);
  }

  start(): void {
    const names = [...this.writers.names, ...this.pipelines.names, ...this.readers.names];
    const told = clientsOf(this.storm.plan, this.plan, this.calls);
    this.storm.start(names, () => this.run.tellClients(told));
    this.writers.start();
    this.pipelines.start();
    this.readers.start();
    void this.blows.start();
  }
}

/** The whole run. */
export async function driveTransactions(run: Run): Promise<void> {
  const all = new TransactionsStorm(run);
  const { storm } = all;
  const ending = new Ending(all);
  ending.makeTopics();
  all.start();
  // Everything breaks from the beginning on; what is drawn is how long it does once there is something to lose.
  await ending.topicsAreThere();
  await run.world.sleep(storm.plan.stormUs);
  all.blows.stop();
  await coreMakesProgress(storm);
  await ending.coreCommits();
  all.writers.stop();
  all.readers.stop();
  all.pipelines.makePeace();
  await allConverge(storm);
  if (run.world.findings.length === 0) await ending.finish();
  countFigures(storm);
}

function coordinatorsOf({ topic }: BrokerPlan, { coordinators }: TransactionsPlan): CoordinatorOptions {
  const { partitions, segmentBytes, initialRebalanceDelayUs, commitTimeoutUs, retryBackoffUs } = coordinators;
  return {
    internalTopics: {
      partitions,
      segmentBytes,
      replicationFactor: topic.replicationFactor,
      minInsyncReplicas: topic.config.minInsyncReplicas,
    },
    groups: { initialRebalanceDelayUs, commitTimeoutUs, sessionTimeoutMinUs: SESSION_MIN_US },
    transactions: { commitTimeoutUs, retryBackoffUs },
  };
}
