import { BrokerError } from "../errors.js";
import { reached } from "../observe.js";
import { FETCH, LIST_OFFSETS } from "../protocol/index.js";
import type { FetchPartition, FetchResult } from "../protocol/types.js";
import { partitionName, type BrokerId } from "../types.js";
import { RpcError, RpcRemoteError, type RpcClient, type RpcType } from "../../rpc/index.js";
import type { Following } from "./following.js";
import type { PartitionHost } from "./host.js";
import type { Throttle } from "./throttle.js";

export interface FetchPace {
  /** How long a leader may wait for something to send. */
  readonly fetchMaxWaitUs: number;
  readonly fetchMinBytes: number;
  /** Of one answer, and of one partition in it. */
  readonly fetchMaxBytes: number;
  readonly partitionMaxBytes: number;
  /** How long an answer may take beyond what the leader waits. */
  readonly requestTimeoutUs: number;
  /** How long a partition, or a leader, that could not be fetched from is left alone. */
  readonly fetchBackoffUs: number;
}

export interface FetcherPlan {
  readonly host: PartitionHost;
  readonly rpc: RpcClient;
  readonly leader: BrokerId;
  readonly pace: FetchPace;
  /** What follows this leader now. */
  readonly following: () => readonly Following[];
  /** Shared by all fetchers of the broker; undefined: no limit. */
  readonly throttle: Throttle | undefined;
  readonly isThrottled: (following: Following) => boolean;
}

/** Fetches from one leader, all that follows it here in one request; one request at a time. */
export class Fetcher {
  readonly #plan: FetcherPlan;
  readonly #host: PartitionHost;
  /** Until when what could not be fetched is left alone. */
  readonly #notBeforeUs: Map<Following, number> = new Map();
  #asked: ReadonlySet<Following> = new Set();
  #isStopped = false;
  #interrupt: (() => void) | undefined;
  /** Goes round, so that with small answers each partition gets its turn. */
  #turn = 0;

  constructor(plan: FetcherPlan) {
    this.#plan = plan;
    this.#host = plan.host;
    const forget = this.#host.lifeline.onCut(() => this.stop());
    this.#host.lifeline.run(() => this.#run().finally(forget));
  }

  /** Something else follows this leader than before: what is new is not kept waiting. */
  changed(): void {
    if (this.#plan.following().some((each) => !this.#asked.has(each))) this.#interrupt?.();
  }

  /** An answer that is on its way is dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#interrupt?.();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const { chosen, waitUs } = this.#choose();
      if (chosen.length === 0) await this.#pause(waitUs);
      else if (await this.#store(chosen)) await this.#round(chosen);
    }
  }

  /** Whatever may be fetched now; where nothing may, how long until something may. */
  #choose(): { readonly chosen: readonly Following[]; readonly waitUs: number } {
    const nowUs = this.#host.env.clock.nowUs();
    const throttledUs = this.#plan.throttle?.waitUs(nowUs) ?? 0;
    const all = this.#plan.following();
    for (const each of this.#notBeforeUs.keys()) if (each.hasEnded) this.#notBeforeUs.delete(each);
    const chosen: Following[] = [];
    let waitUs = Infinity;
    for (let i = 0; i < all.length; i++) {
      const each = all[(this.#turn + i) % all.length]!;
      const isThrottled = throttledUs > 0 && this.#plan.isThrottled(each);
      if (isThrottled) reached(this.#host.env, "broker/throttled");
      const delayUs = Math.max((this.#notBeforeUs.get(each) ?? 0) - nowUs, isThrottled ? throttledUs : 0);
      if (delayUs <= 0) chosen.push(each);
      else waitUs = Math.min(waitUs, delayUs);
    }
    this.#turn++;
    this.#asked = new Set(all);
    return { chosen, waitUs };
  }

  /** What a fetch says it has, is stored before: the leader counts on it. False where the disk failed. */
  async #store(chosen: readonly Following[]): Promise<boolean> {
    try {
      await Promise.all(chosen.filter((each) => !each.isStored).map((each) => each.store()));
      return !this.#isStopped;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      await this.#pause(this.#plan.pace.fetchBackoffUs);
      return false;
    }
  }

  async #round(chosen: readonly Following[]): Promise<void> {
    const { pace } = this.#plan;
    const asked = new Map<string, Asked>();
    for (const following of chosen) {
      if (following.hasEnded) continue;
      asked.set(following.name, { following, request: following.request(pace.partitionMaxBytes) });
    }
    const response = await this.#call(
      FETCH,
      {
        replica: { broker: this.#host.broker, epoch: this.#host.brokerEpoch ?? 0 },
        isolation: "read_uncommitted",
        maxWaitUs: pace.fetchMaxWaitUs,
        minBytes: pace.fetchMinBytes,
        maxBytes: pace.fetchMaxBytes,
        partitions: [...asked.values()].map(({ request }) => request),
      },
      pace.fetchMaxWaitUs + pace.requestTimeoutUs,
    );
    for (const result of response?.partitions ?? []) {
      const each = asked.get(partitionName(result.partition));
      if (each !== undefined) await this.#take(each, result);
    }
  }

  async #take({ following, request }: Asked, result: FetchResult): Promise<void> {
    try {
      if (result.ok) {
        if (this.#plan.isThrottled(following)) {
          this.#plan.throttle?.take(result.batches.length, this.#host.env.clock.nowUs());
        }
        await following.fetched(request.fetchOffset, result);
      } else if (result.error.code === "OFFSET_OUT_OF_RANGE") await this.#beginAnew(following, request);
      else this.#leaveAlone(following);
    } catch (error) {
      // The log has refused what the leader sent, or failed: then the broker knows already.
      if (!(error instanceof BrokerError)) throw error;
      this.#host.env.log(`broker: ${following.name}: ${error.message}`);
      this.#leaveAlone(following);
    }
  }

  async #beginAnew(following: Following, { fetchOffset }: FetchPartition): Promise<void> {
    const { partition, epoch } = following;
    const query = { partition, currentLeaderEpoch: epoch, at: "earliest" } as const;
    const response = await this.#call(
      LIST_OFFSETS,
      { isolation: "read_uncommitted", partitions: [query] },
      this.#plan.pace.requestTimeoutUs,
    );
    const found = response?.partitions[0];
    if (found?.ok === true) await following.restartAt(fetchOffset, found.offset);
    else this.#leaveAlone(following);
  }

  /** Undefined where no answer came; then some time has passed. */
  async #call<Request, Response>(
    type: RpcType<Request, Response>,
    request: Request,
    timeoutUs: number,
  ): Promise<Response | undefined> {
    if (this.#isStopped) return undefined;
    try {
      const call = this.#plan.rpc.call(this.#plan.leader, type, request, { timeoutUs });
      this.#interrupt = () => call.cancel();
      return await call.promise;
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RpcRemoteError)) throw error;
      if (error.code !== "RPC_CANCELLED" && error.code !== "RPC_RESET") {
        await this.#pause(this.#plan.pace.fetchBackoffUs);
      }
      return undefined;
    } finally {
      this.#interrupt = undefined;
    }
  }

  #leaveAlone(following: Following): void {
    const { env } = this.#host;
    this.#notBeforeUs.set(following, env.clock.nowUs() + this.#plan.pace.fetchBackoffUs);
  }

  async #pause(durationUs: number): Promise<void> {
    if (this.#isStopped) return;
    await this.#host.lifeline.pause(durationUs, (waker) => (this.#interrupt = waker));
    this.#interrupt = undefined;
  }
}

interface Asked {
  readonly following: Following;
  readonly request: FetchPartition;
}
