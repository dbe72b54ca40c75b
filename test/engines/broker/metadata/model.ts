/**
 * Logs of one partition beside its metadata, to ask what the rules are for: does whoever is elected cleanly hold every
 * committed record?
 *
 * What it leaves out: messages. Brokers know the metadata at once and followers copy the leader's log in one step.
 */
import type { CandidateLog } from "#engines/broker/controller/recovery.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import type { TestCluster } from "./support.js";

interface Replica {
  log: number[];
  /** Whether its process runs. The metadata may not know yet. */
  isUp: boolean;
  /** Of the life in which it stopped in order: its log is whole. */
  closedIn: number | undefined;
}

export class PartitionModel {
  readonly #cluster: TestCluster;
  readonly #replicas: Map<string, Replica> = new Map();
  readonly #minInsyncReplicas: number;
  /** In which each record was appended. */
  readonly #epochs: Map<number, number> = new Map();
  /** Whose logs lost their ends, and were not as long as a leader's since. */
  readonly #lossy: Set<string> = new Set();
  /** Everything below the highest high watermark that there ever was; an unclean leader cuts it. */
  committed: number[] = [];
  #lastLeaderEpoch = 0;
  #nextRecord = 1;

  constructor(cluster: TestCluster, brokers: readonly string[], minInsyncReplicas: number) {
    this.#cluster = cluster;
    this.#minInsyncReplicas = minInsyncReplicas;
    for (const broker of brokers) {
      this.#replicas.set(broker, { log: [], isUp: true, closedIn: undefined });
    }
  }

  of(broker: string): Replica {
    return this.#replicas.get(broker)!;
  }

  /** Whether the broker's process takes itself for the leader, and is. */
  leads(broker: string): boolean {
    return this.of(broker).isUp && this.#cluster.state.leader === broker;
  }

  append(): void {
    const record = this.#nextRecord++;
    this.#epochs.set(record, this.#cluster.state.leaderEpoch);
    this.#leader()?.log.push(record);
    this.#advance();
  }

  /** The follower's log becomes the leader's, up to `length` records of it at most. */
  fetch(broker: string, length: number): void {
    const leader = this.#leader();
    const follower = this.of(broker);
    if (leader === undefined || leader === follower || !follower.isUp || !this.#isCurrent(broker)) return;
    const agreed = common(leader.log, follower.log);
    follower.log = leader.log.slice(0, Math.max(agreed, Math.min(length, leader.log.length)));
    this.#advance();
  }

  /** Whom the leader may have in its ISR: whoever has all of its log. */
  caughtUp(): string[] {
    const leader = this.#leader();
    if (leader === undefined) return [];
    return this.#cluster.state.replicas.filter((replica) => {
      const { log, isUp } = this.of(replica);
      return isUp && this.#isCurrent(replica) && common(leader.log, log) === leader.log.length;
    });
  }

  /** The process ends; what was not on the disk goes with an unclean end. */
  stop(broker: string, keep: number | "all"): void {
    const replica = this.of(broker);
    replica.isUp = false;
    replica.closedIn = keep === "all" ? this.#cluster.epochOf(broker) : undefined;
    if (keep === "all" || replica.log.length <= keep) return;
    replica.log.length = keep;
    this.#lossy.add(broker);
  }

  /** Whether one more may lose what is not on its disk: fewer than the minimum of those that may hold everything. */
  mayLose(broker: string): boolean {
    const { isr, elr, lastKnownElr } = this.#cluster.state;
    const lossy = new Set(this.#lossy).add(broker);
    return (
      [...isr, ...elr, ...lastKnownElr].filter((each) => lossy.has(each)).length < this.#minInsyncReplicas
    );
  }

  /** What a broker says of its log. */
  logEnd(broker: string): CandidateLog {
    const { log } = this.of(broker);
    const last = log.at(-1);
    const lastEpoch = last === undefined ? NO_EPOCH : this.#epochs.get(last)!;
    return { broker, logStartOffset: 0, lastEpoch, endOffset: log.length };
  }

  /** Whether it holds every committed record. */
  isWhole(broker: string): boolean {
    return common(this.committed, this.of(broker).log) === this.committed.length;
  }

  /** To be called after each command: looks at who leads now. Returns what is wrong. */
  elected(isClean: boolean): string | undefined {
    for (const broker of this.caughtUp()) this.#lossy.delete(broker);
    const { leader, leaderEpoch } = this.#cluster.state;
    if (leaderEpoch === this.#lastLeaderEpoch) return undefined;
    this.#lastLeaderEpoch = leaderEpoch;
    if (leader === undefined) return undefined;
    if (this.isWhole(leader)) return undefined;
    const held = common(this.committed, this.of(leader).log);
    if (isClean) {
      // One that does not run learns nothing of it: it leads only from another registration on, in another epoch.
      if (!this.leads(leader)) return undefined;
      return `${leader} leads with ${held} of ${this.committed.length} committed records`;
    }
    this.committed.length = held;
    return undefined;
  }

  /** An epoch counts only in the process that has registered it. */
  #isCurrent(broker: string): boolean {
    return this.#cluster.machine.image.brokers.get(broker)?.isFenced === false;
  }

  #leader(): Replica | undefined {
    const { leader } = this.#cluster.state;
    return leader !== undefined && this.leads(leader) ? this.of(leader) : undefined;
  }

  #advance(): void {
    const { isr } = this.#cluster.state;
    const leader = this.#leader();
    if (leader === undefined || isr.length < this.#minInsyncReplicas) return;
    const lengths = isr.map((member) => common(leader.log, this.of(member).log));
    const highWatermark = Math.min(...lengths);
    if (highWatermark > this.committed.length) this.committed = leader.log.slice(0, highWatermark);
  }
}

function common(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
