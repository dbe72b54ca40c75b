/**
 * A run of a Raft scenario: the plan is drawn and its parts are put together, everything breaks for a while,
 * then a core and at last all gets well, and what happened is judged.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { KeptClients } from "../kept-clients.js";
import { Auditor } from "./auditor.js";
import { Budget } from "./budget.js";
import { RaftChecks } from "./checks/index.js";
import { newClients } from "./clients.js";
import { newCluster, type Cluster } from "./cluster.js";
import { judgeHistory } from "./judge.js";
import { allConverge, coreMakesProgress } from "./liveness.js";
import { PARTITION_PACES } from "./menus.js";
import { clientsOf } from "./narration.js";
import { Nemesis } from "./nemesis.js";
import { Operations } from "./operations.js";
import { drawRaftPlan, type RaftPlan, type RaftSetting } from "./plan.js";

/** What shows that a disk lied, before anything is lost by it. */
const LIES: ReadonlySet<string> = new Set([
  "raft/durable-lost",
  "raft/gave-up",
  "raft/intact-copies",
  "raft/misreported",
  "raft/quorum-durable",
  "raft/term-monotonic",
]);

export class Storm {
  readonly run: Run;
  readonly setting: RaftSetting;
  readonly plan: RaftPlan;
  readonly budget: Budget;
  readonly cluster: Cluster;
  readonly operations: Operations;
  readonly clients: KeptClients;
  readonly auditor: Auditor;
  readonly checks: RaftChecks;
  readonly nemesis: Nemesis;
  /** Resolves when something was lost, where the setting tolerates that. */
  readonly lost: Promise<void>;
  #isLost = false;
  #resolveLost: () => void = () => {};

  constructor(run: Run, setting: RaftSetting) {
    const { world } = run;
    this.run = run;
    this.setting = setting;
    this.plan = drawRaftPlan(run, setting);
    this.budget = new Budget(run, setting, this.plan);
    // Clocks go wrong when their machines are added, so this comes first.
    world.faults.admit = this.budget.admit;
    this.lost = new Promise((resolve) => (this.#resolveLost = resolve));
    this.checks = new RaftChecks({ world, report: this.report });
    this.cluster = newCluster(this);
    this.operations = new Operations(run);
    run.tellClients(clientsOf(this.plan, this.operations));
    this.clients = newClients(run, this.plan, this.operations);
    this.auditor = new Auditor(run, this.plan, this.operations);
    this.budget.spare([this.auditor.node.name]);
    this.nemesis = new Nemesis(run, this.cluster, this.checks);
    world.listen((from, event) => this.#noticeDamage(from, event as RaftEvent));
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** An invariant of Raft broke: a finding, or what had to be expected. */
  readonly report = (invariant: string, message: string): void => {
    if (this.setting.tolerates !== "loss") this.run.world.fail(invariant, message);
    else if (LIES.has(invariant)) this.#noteLie();
    else this.noteLoss();
  };

  #noteLie(): void {
    this.run.count("liesNoticed");
    this.run.world.reached("raft-lying/lie-noticed");
  }

  /** Something committed or acknowledged is gone, as had to be expected. The run is over. */
  noteLoss(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.run.count("losses");
    this.run.world.reached("raft-lying/loss-found");
    this.#resolveLost();
  }

  /** Whatever an honest disk does to it, a server must not call its own files damaged. */
  #noticeDamage({ node }: Incarnation, event: RaftEvent): void {
    if (event.kind !== "raft/damaged" && event.kind !== "raft/machine-damaged") return;
    if (this.plan.faulty.has(node.name)) return;
    this.run.world.fail("raft/false-damage", `${node.name}: ${event.reason}`);
  }

  start(): void {
    const { world } = this.run;
    this.cluster.start();
    this.clients.start();
    void this.nemesis.start(this.plan);
    const { partitions } = this.setting;
    if (partitions === "none") return;
    world.network.partitions.keepForming(this.plan.servers, this.clients.names, PARTITION_PACES[partitions]);
  }
}

/** The whole run. */
export async function driveRaft(run: Run, setting: RaftSetting): Promise<void> {
  const storm = new Storm(run, setting);
  storm.start();
  await (setting.tolerates === "loss" ? Promise.race([weather(storm), storm.lost]) : weather(storm));
  if (!storm.isLost) judgeHistory(storm);
  countFigures(storm);
}

async function weather(storm: Storm): Promise<void> {
  const { run, plan, setting, auditor } = storm;
  const { world } = run;
  await world.sleep(plan.stormUs);
  // A disk that lies may leave a cluster that can't go on: then there is nothing to promise but the answers.
  const isLive = setting.tolerates !== "loss";
  if (isLive) await coreMakesProgress(storm);
  await allConverge(storm, isLive);
  if (!(await auditor.readsAll()) && isLive) {
    world.fail("liveness/no-answer", "a cluster that is whole did not answer a read");
  }
  if (isLive && world.findings.length === 0) await setting.checkMachines?.(storm);
  storm.checks.finish();
}

function countFigures({ run, plan, checks }: Storm): void {
  const { stats, model } = checks;
  run.count("servers", plan.servers.length);
  run.count("elections", stats.campaigns);
  run.count("leaders", stats.elections);
  run.count("terms", Math.max(0, ...model.servers().map(({ term }) => term)));
  run.count("commits", stats.commits);
  run.count("truncated", stats.truncated);
  run.count("snapshotsTaken", stats.snapshotsTaken);
  run.count("snapshotsInstalled", stats.snapshotsInstalled);
  run.count("configurationsCommitted", stats.configurations);
  run.count("damages", stats.damages);
  run.count("repairs", stats.repairs);
  run.count("messages", run.world.network.counts.sent);
}
