import type { RpcClient } from "../../rpc/index.js";
import { Fetcher, Throttle, type Following, type Partition, type PartitionHost } from "../replica/index.js";
import type { BrokerId } from "../types.js";
import type { BrokerSettings } from "./options.js";

export interface FetchersPlan {
  readonly host: PartitionHost;
  readonly rpc: RpcClient;
  readonly settings: BrokerSettings;
  readonly partitions: ReadonlyMap<string, Partition>;
}

/** One fetcher for each broker that this one follows. */
export class Fetchers {
  readonly #plan: FetchersPlan;
  readonly #throttle: Throttle | undefined;
  readonly #byLeader: Map<BrokerId, Fetcher> = new Map();
  #isDue = false;

  constructor(plan: FetchersPlan) {
    this.#plan = plan;
    const { throttleBytesPerS } = plan.settings;
    const { env } = plan.host;
    this.#throttle = throttleBytesPerS === 0 ? undefined : new Throttle(throttleBytesPerS, env.clock.nowUs());
  }

  /** Some partition follows another than before. Looked at once for all that change in the same step. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    void Promise.resolve().then(() => {
      this.#isDue = false;
      this.#arrange();
    });
  }

  #arrange(): void {
    if (this.#plan.host.lifeline.isCut) return;
    const leaders = new Set(this.#following().map(({ leader }) => leader));
    for (const [leader, fetcher] of this.#byLeader) {
      if (leaders.has(leader)) continue;
      fetcher.stop();
      this.#byLeader.delete(leader);
    }
    for (const leader of leaders) {
      const fetcher = this.#byLeader.get(leader);
      if (fetcher === undefined) this.#byLeader.set(leader, this.#open(leader));
      else fetcher.changed();
    }
  }

  #open(leader: BrokerId): Fetcher {
    const { host, rpc, settings, partitions } = this.#plan;
    return new Fetcher({
      host,
      rpc,
      leader,
      pace: settings,
      throttle: this.#throttle,
      following: () => this.#following().filter((each) => each.leader === leader),
      isThrottled: ({ name }) => partitions.get(name)?.isBeingAdded === true,
    });
  }

  #following(): readonly Following[] {
    const all: Following[] = [];
    for (const { following } of this.#plan.partitions.values()) {
      if (following !== undefined) all.push(following);
    }
    return all;
  }
}
