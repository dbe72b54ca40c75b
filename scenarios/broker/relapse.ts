import { partitionName, type BrokerId } from "#engines/broker/types.js";
import { eachLink } from "../fleet.js";
import type { PartitionModel } from "./checks/index.js";
import type { NemesisAct } from "./nemesis-plan.js";
import { TOPIC } from "./operations.js";
import type { Storm } from "./storm.js";

export type RelapseAct = Extract<NemesisAct, { readonly kind: "relapse" }>;

const POLL_US = 5_000;
/** Of the time that a follower may lag, until it has left the ISR. */
const LAGS_TO_LEAVE = 3;
/** A follower whose fetch was lost asks again only after a session's time. */
const SESSIONS_TO_RETURN = 2;
const SESSIONS_TO_SETTLE = 2;
const COMMIT_WITHIN_US = 500_000;

/**
 * A follower goes down, loses what its disk did not have yet, and is back in a new life. What others know of it is of the
 * life before: that it has caught up (KIP-903), or that it holds what was committed (KIP-966). It is kept from fetching
 * until they have acted on that.
 */
export class Relapse {
  readonly #storm: Storm;
  readonly #act: RelapseAct;
  readonly #isStopped: () => boolean;
  readonly #partition: PartitionModel;
  readonly #leader: BrokerId;
  readonly #follower: BrokerId;

  private constructor(
    storm: Storm,
    act: RelapseAct,
    isStopped: () => boolean,
    { partition, leader, follower }: Parties,
  ) {
    this.#storm = storm;
    this.#act = act;
    this.#isStopped = isStopped;
    this.#partition = partition;
    this.#leader = leader;
    this.#follower = follower;
  }

  /** Whom it strikes: where there is one, a follower that may lose something. Undefined where there is nobody. */
  static find(storm: Storm, act: RelapseAct, isStopped: () => boolean): Relapse | undefined {
    const { partitions } = storm.plan.topic;
    const all: Parties[] = [];
    for (let i = 0; i < partitions; i++) all.push(...partiesOf(storm, act, (act.partition + i) % partitions));
    const parties = all.find(({ follower }) => storm.plan.faulty.includes(follower)) ?? all[0];
    return parties === undefined ? undefined : new Relapse(storm, act, isStopped, parties);
  }

  async carryOut(): Promise<void> {
    const hasCome = this.#act.moment === "joining" ? await this.#joins() : await this.#isNeeded();
    if (hasCome && !this.#isStopped()) await this.#strike();
    this.#rejoin(this.#leader, this.#storm.plan.controllers);
    for (const broker of this.#storm.plan.brokers) this.#rejoin(broker, this.#storm.plan.brokers);
  }

  /** Waits until the leader wants it back in the ISR, and keeps that from the controllers. */
  async #joins(): Promise<boolean> {
    const { plan } = this.#storm;
    const { replicaLagMaxUs, sessionTimeoutUs } = plan.tuning;
    this.#cut(this.#follower, plan.brokers);
    if (!(await this.#until(() => !this.#isInSync(this.#follower), LAGS_TO_LEAVE * replicaLagMaxUs)))
      return false;
    this.#rejoin(this.#follower, plan.brokers);
    const isAsked = await this.#asksForIt(SESSIONS_TO_RETURN * sessionTimeoutUs);
    if (!isAsked || !this.#isLed()) return false;
    this.#cut(this.#leader, plan.controllers);
    return true;
  }

  #asksForIt(timeoutUs: number): Promise<boolean> {
    const { world } = this.#storm.run;
    return new Promise((resolve) => {
      this.#partition.whenProposed = (isr) => {
        if (isr.includes(this.#follower)) resolve(true);
      };
      void world.sleep(timeoutUs).then(() => resolve(false));
    });
  }

  /** Waits until it is the only one in sync beside its leader. */
  async #isNeeded(): Promise<boolean> {
    const { plan } = this.#storm;
    const others = plan.brokers.filter((name) => name !== this.#leader && name !== this.#follower);
    for (const other of others) this.#cut(other, plan.brokers);
    const areOut = (): boolean => !others.some((other) => this.#isInSync(other));
    if (!(await this.#until(areOut, LAGS_TO_LEAVE * plan.tuning.replicaLagMaxUs))) return false;
    // The follower has that, and not for long.
    const { exposed } = this.#partition;
    await this.#until(() => this.#partition.exposed > exposed, COMMIT_WITHIN_US);
    return this.#isLed() && this.#isInSync(this.#follower);
  }

  async #strike(): Promise<void> {
    const { run, plan, brokers, budget, checks } = this.#storm;
    const { sessionTimeoutUs } = plan.tuning;
    const life = checks.broker(this.#follower)?.epoch;
    run.count("relapses");
    run.note(`${this.#follower} goes down, and is kept from ${this.#leader} when it is back`);
    this.#cut(this.#follower, plan.brokers);
    const server = brokers.server(this.#follower);
    if (budget.mayLoseUnsynced(this.#follower)) brokers.cutPower(server);
    else brokers.restart(server);
    const isBack = (): boolean => {
      const now = checks.broker(this.#follower);
      return now !== undefined && now.epoch !== life && !now.isFenced;
    };
    if (!(await this.#until(isBack, sessionTimeoutUs))) return;
    if (this.#act.moment === "joining") this.#rejoin(this.#leader, plan.controllers);
    else {
      run.note(`${this.#leader}, which leads ${this.#partition.name}, is killed`);
      run.world.crash(brokers.server(this.#leader).node);
    }
    const epoch = this.#partition.state?.partitionEpoch;
    const isDecided = (): boolean => this.#partition.state?.partitionEpoch !== epoch;
    await this.#until(isDecided, SESSIONS_TO_SETTLE * sessionTimeoutUs);
  }

  #isInSync(broker: BrokerId): boolean {
    return this.#partition.state?.isr.includes(broker) === true;
  }

  #isLed(): boolean {
    return this.#partition.state?.leader === this.#leader;
  }

  /** Whether it holds before this time is over, and before the storm is. */
  async #until(holds: () => boolean, timeoutUs: number): Promise<boolean> {
    const { world } = this.#storm.run;
    const untilUs = world.nowUs + timeoutUs;
    while (!this.#isStopped() && world.nowUs < untilUs) {
      if (holds()) return true;
      await world.sleep(POLL_US);
    }
    return false;
  }

  #cut(name: string, others: readonly string[]): void {
    if (this.#isStopped()) return;
    eachLink(name, others, (from, to) => this.#storm.run.world.network.cut(from, to));
  }

  /** What is broken for good by then is left to those who broke it. */
  #rejoin(name: string, others: readonly string[]): void {
    if (this.#isStopped()) return;
    eachLink(name, others, (from, to) => this.#storm.run.world.network.restore(from, to));
  }
}

interface Parties {
  readonly partition: PartitionModel;
  readonly leader: BrokerId;
  readonly follower: BrokerId;
}

/** The leader with each of its followers, where it is needed, with those that are in sync. */
function partiesOf({ checks }: Storm, { moment }: RelapseAct, index: number): Parties[] {
  const partition = checks.partition(partitionName({ topic: TOPIC, partition: index }));
  const { state } = partition;
  if (state?.leader === undefined) return [];
  const { leader } = state;
  const followers = (moment === "joining" ? state.replicas : state.isr).filter((name) => name !== leader);
  return followers.map((follower) => ({ partition, leader, follower }));
}
