import { assert, type Env } from "../../env/index.js";
import { RpcClient, RpcError, RpcRemoteError } from "../../rpc/index.js";
import {
  isActive,
  needsRecovery,
  type IsrMember,
  type MetadataImage,
  type PartitionEntry,
} from "../metadata/index.js";
import { LOG_END } from "../protocol/index.js";
import type { LogEnd } from "../protocol/types.js";
import type { BrokerId, TopicPartition } from "../types.js";
import type { ControllerMark } from "./marks.js";
import { passOverRefusal } from "./refusals.js";
import type { UpkeepHost } from "./upkeep.js";

/** How long a candidate may take to say how long its log is. Who is late is asked again in the next round. */
const ANSWER_TIMEOUT_US = 500_000;
const PARTITIONS_AT_ONCE = 32;

export interface CandidateLog extends LogEnd {
  readonly broker: BrokerId;
}

/**
 * Partitions that nobody may lead any more, though all who may hold what is committed are there: it asks each of them,
 * and proposes the one with the longest log (KIP-966; `metadata/rules/recovery.ts` says why that one). What it is based
 * on is checked where the command is applied.
 */
export class LeaderRecovery {
  readonly #env: Env;
  readonly #host: UpkeepHost;
  readonly #rpc: RpcClient;
  /** Each ends one question. */
  readonly #cancels: Set<() => void> = new Set();
  #isUnderWay = false;

  constructor(env: Env, host: UpkeepHost) {
    this.#env = env;
    this.#host = host;
    this.#rpc = new RpcClient(env);
  }

  /** Tries each such partition once, so many at a time; no second round begins meanwhile. */
  async round(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    try {
      const entries = recoverable(this.#host.image());
      for (let at = 0; at < entries.length; at += PARTITIONS_AT_ONCE) {
        await this.#host.require();
        const some = entries.slice(at, at + PARTITIONS_AT_ONCE);
        await Promise.all(some.map((entry) => this.#recover(entry)));
      }
    } catch (error) {
      passOverRefusal(error);
    } finally {
      this.#isUnderWay = false;
    }
  }

  end(): void {
    for (const cancel of this.#cancels) cancel();
  }

  async #recover({ partition, state }: PartitionEntry): Promise<void> {
    const { brokers } = this.#host.image();
    const candidates = state.lastKnownElr.map((broker) => ({ broker, epoch: brokers.get(broker)!.epoch }));
    const logs = await Promise.all(candidates.map((candidate) => this.#ask(candidate, partition)));
    // The one that is silent may be the one that holds what the others have lost.
    if (!logs.every((log) => log !== undefined)) return;
    const { partitionEpoch } = state;
    const leader = longestLog(logs);
    try {
      await this.#host.execute({ kind: "recoverLeader", partition, partitionEpoch, leader, candidates });
      this.#reached("controller/recovered-leader");
    } catch (error) {
      passOverRefusal(error);
    }
  }

  /** Undefined where it does not say. */
  async #ask({ broker, epoch }: IsrMember, partition: TopicPartition): Promise<CandidateLog | undefined> {
    let cancel: (() => void) | undefined;
    try {
      const request = { partition, brokerEpoch: epoch };
      const call = this.#rpc.call(broker, LOG_END, request, { timeoutUs: ANSWER_TIMEOUT_US });
      cancel = () => call.cancel();
      this.#cancels.add(cancel);
      const answer = await call.promise;
      if (!answer.ok) return undefined;
      const { logStartOffset, lastEpoch, endOffset } = answer;
      return { broker, logStartOffset, lastEpoch, endOffset };
    } catch (error) {
      if (error instanceof RpcError || error instanceof RpcRemoteError) return undefined;
      throw error;
    } finally {
      if (cancel !== undefined) this.#cancels.delete(cancel);
    }
  }

  #reached(mark: ControllerMark): void {
    this.#env.reached(mark);
  }
}

/** Those whose last known ELR is there as a whole. */
function recoverable(image: MetadataImage): PartitionEntry[] {
  return [...image.partitions.values()].filter(
    ({ state }) => needsRecovery(state) && state.lastKnownElr.every((broker) => isActive(image, broker)),
  );
}

/**
 * The one with the latest epoch, and of those the one that ends last; the first of them if there are several. Whoever ends
 * below where another one begins lacks committed records, whatever its epoch: what lay between was deleted, which only
 * befalls what is committed, and an empty log may know no epoch.
 */
export function longestLog(logs: readonly CandidateLog[]): BrokerId {
  const deletedUpTo = Math.max(...logs.map(({ logStartOffset }) => logStartOffset));
  const [first, ...others] = logs.filter(({ endOffset }) => endOffset >= deletedUpTo);
  assert(first !== undefined, "a log does not end below its start");
  return others.reduce((longest, log) => (isLonger(log, longest) ? log : longest), first).broker;
}

function isLonger(log: LogEnd, other: LogEnd): boolean {
  if (log.lastEpoch !== other.lastEpoch) return log.lastEpoch > other.lastEpoch;
  return log.endOffset > other.endOffset;
}
