import { jittered, type RpcClient } from "../../../rpc/index.js";
import { BrokerError, isRetriable } from "../../errors.js";
import { LIST_OFFSETS, type ListOffsetsRequest, type PartitionError } from "../../protocol/index.js";
import { partitionName, type Offset, type TopicPartition } from "../../types.js";
import { attempt } from "../attempt.js";
import type { ClusterView } from "../cluster-view.js";
import { isClosed, ranOutOfTime } from "../errors.js";
import { Waits } from "../waits.js";
import type { ConsumerSettings } from "./options.js";

export type OffsetQuery = ListOffsetsRequest["partitions"][number]["at"];

/** Asks leaders for offsets, until they know. */
export class OffsetLookup {
  readonly #rpc: RpcClient;
  readonly #cluster: ClusterView;
  readonly #settings: ConsumerSettings;
  readonly #waits: Waits;

  constructor(rpc: RpcClient, cluster: ClusterView, settings: ConsumerSettings) {
    this.#rpc = rpc;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#waits = new Waits(rpc.env.clock);
  }

  /**
   * Rejects with `BrokerError`: REQUEST_TIMED_OUT where no leader knew in time (a new one may have to wait until it
   * knows how far its predecessor had come, KIP-207), CLOSED, or what the leader said.
   */
  async find(partition: TopicPartition, at: OffsetQuery, timeoutUs: number): Promise<Offset> {
    const where = `offsets of ${partitionName(partition)}`;
    const { clock, random } = this.#rpc.env;
    const deadlineUs = clock.nowUs() + timeoutUs;
    for (let found = "no leader"; ;) {
      const leftUs = deadlineUs - clock.nowUs();
      if (this.#waits.isClosed) throw isClosed(where);
      if (leftUs <= 0) throw ranOutOfTime(where, found);
      const answer = await this.#ask(partition, at, Math.min(leftUs, this.#settings.requestTimeoutUs));
      if (answer.ok) return answer.offset;
      const { code, leader } = answer.error;
      if (!isRetriable(code) && code !== "CLOSED") {
        throw new BrokerError(code, {
          expected: "an offset",
          found: answer.error.found,
          where,
          todo: "correct the call",
        });
      }
      ({ found } = answer.error);
      if (leader !== undefined && this.#cluster.heard(partition, leader)) continue;
      this.#cluster.refresh();
      const pauseUs = jittered(random, this.#settings.retryBackoffUs);
      await this.#waits.pause(Math.min(pauseUs, Math.max(0, deadlineUs - clock.nowUs())));
    }
  }

  close(): void {
    this.#waits.close();
  }

  async #ask(
    partition: TopicPartition,
    at: OffsetQuery,
    timeoutUs: number,
  ): Promise<
    { readonly ok: true; readonly offset: Offset } | { readonly ok: false; readonly error: PartitionError }
  > {
    const leader = this.#cluster.leader(partition);
    if (leader?.broker === undefined) {
      return { ok: false, error: { code: "LEADER_NOT_AVAILABLE", found: "no leader" } };
    }
    const { isolation } = this.#settings;
    const request = { isolation, partitions: [{ partition, currentLeaderEpoch: leader.epoch, at }] };
    const result = await attempt(this.#rpc, leader.broker, LIST_OFFSETS, request, timeoutUs).result;
    if (!result.ok) return { ok: false, error: result };
    const [answer] = result.value.partitions;
    return answer ?? { ok: false, error: { code: "INVALID_REQUEST", found: "an answer to nothing" } };
  }
}
