import { jittered, type RpcClient } from "../../../rpc/index.js";
import { BrokerError, isRetriable } from "../../errors.js";
import { FETCH, type FetchResponse, type FetchResult, type PartitionError } from "../../protocol/index.js";
import { partitionName, type BrokerId, type EpochEnd } from "../../types.js";
import { attempt, type Attempt, type AttemptResult } from "../attempt.js";
import type { ClusterView } from "../cluster-view.js";
import { Alarm } from "../waits.js";
import type { Cursor } from "./cursor.js";
import type { ConsumerSettings } from "./options.js";

/** What fetching tells of: all of it in the end concerns `poll`. */
export interface FetchListener {
  /** Something came, or went wrong. */
  onNews(): void;
  /** The log has nothing at the position. */
  onOutOfRange(cursor: Cursor): void;
  /** What was given out is no longer in the log, from `partingOffset` on. */
  onTruncated(cursor: Cursor, end: EpochEnd): void;
}

interface Asked {
  readonly cursor: Cursor;
  readonly generation: number;
}

interface Fetching {
  readonly attempt: Attempt<FetchResponse>;
  /** By name, as they were when they were asked for. */
  readonly asked: ReadonlyMap<string, Asked>;
}

/** Keeps one fetch under way at each leader, for all of its partitions that want one, while there is room. */
export class Fetcher {
  readonly #rpc: RpcClient;
  readonly #cluster: ClusterView;
  readonly #settings: ConsumerSettings;
  /** In the order in which they are asked for. */
  readonly #cursors: Map<string, Cursor>;
  readonly #listener: FetchListener;
  readonly #underWay: Map<BrokerId, Fetching> = new Map();
  readonly #alarm: Alarm;
  #isClosed = false;

  constructor(
    rpc: RpcClient,
    cluster: ClusterView,
    settings: ConsumerSettings,
    cursors: Map<string, Cursor>,
    listener: FetchListener,
  ) {
    this.#rpc = rpc;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#cursors = cursors;
    this.#listener = listener;
    this.#alarm = new Alarm(rpc.env.clock, () => this.pump());
  }

  /** Sends what fetches can be sent now. */
  pump(): void {
    if (this.#isClosed) return;
    const nowUs = this.#rpc.env.clock.nowUs();
    const byLeader = this.#byLeader();
    const shareBytes = Math.max(1, Math.floor(this.#settings.prefetchBytes / Math.max(1, byLeader.size)));
    for (const [leader, cursors] of byLeader) {
      const wanting = cursors.filter((cursor) => cursor.wantsFetch(nowUs));
      const roomBytes = shareBytes - cursors.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
      if (wanting.length === 0 || roomBytes <= 0 || !this.#isFree(leader, wanting)) continue;
      this.#fetch(leader, wanting, roomBytes);
    }
    const comingUs = [...this.#cursors.values()]
      .map(({ notBeforeUs }) => notBeforeUs)
      .filter((at) => at > nowUs);
    if (comingUs.length > 0) this.#alarm.setTo(Math.min(...comingUs));
  }

  close(): void {
    this.#isClosed = true;
    this.#alarm.cancel();
    for (const { attempt: call } of this.#underWay.values()) call.cancel();
  }

  #byLeader(): Map<BrokerId, Cursor[]> {
    const byLeader = new Map<BrokerId, Cursor[]>();
    for (const cursor of this.#cursors.values()) {
      const leader = this.#cluster.leader(cursor.partition)?.broker;
      if (leader !== undefined) byLeader.set(leader, [...(byLeader.get(leader) ?? []), cursor]);
      else if (cursor.wantsFetch(this.#rpc.env.clock.nowUs())) this.#backOff(cursor);
    }
    return byLeader;
  }

  /** A fetch that lacks one who wants is given up: it might wait for records of the others for long. */
  #isFree(leader: BrokerId, wanting: readonly Cursor[]): boolean {
    const fetching = this.#underWay.get(leader);
    if (fetching === undefined) return true;
    const isAsked = (cursor: Cursor): boolean => isStillSo(cursor, fetching.asked.get(cursor.name));
    if (wanting.every(isAsked)) return false;
    this.#underWay.delete(leader);
    fetching.attempt.cancel();
    return true;
  }

  #fetch(leader: BrokerId, cursors: readonly Cursor[], maxBytes: number): void {
    const { isolation, maxWaitUs, requestTimeoutUs, partitionMaxBytes } = this.#settings;
    const partitions = cursors.map((cursor) => ({
      partition: cursor.partition,
      currentLeaderEpoch: this.#cluster.leader(cursor.partition)!.epoch,
      fetchOffset: cursor.fetchOffset,
      lastFetchedEpoch: cursor.fetchEpoch,
      logStartOffset: 0,
      maxBytes: Math.min(maxBytes, partitionMaxBytes),
    }));
    const request = { replica: undefined, isolation, maxWaitUs, minBytes: 1, maxBytes, partitions };
    const fetching: Fetching = {
      attempt: attempt(this.#rpc, leader, FETCH, request, maxWaitUs + requestTimeoutUs),
      asked: new Map(cursors.map((cursor) => [cursor.name, { cursor, generation: cursor.generation }])),
    };
    this.#underWay.set(leader, fetching);
    void this.#follow(leader, fetching);
  }

  async #follow(leader: BrokerId, fetching: Fetching): Promise<void> {
    const result = await fetching.attempt.result;
    if (this.#isClosed || this.#underWay.get(leader) !== fetching) return;
    this.#underWay.delete(leader);
    for (const [name, answer] of this.#answers(fetching, result)) {
      const cursor = this.#cursors.get(name);
      // Else it was taken away, or jumped, since it was asked for.
      if (cursor !== undefined && isStillSo(cursor, fetching.asked.get(name))) this.#receive(cursor, answer);
    }
    this.pump();
    this.#listener.onNews();
  }

  #answers(
    { asked }: Fetching,
    result: AttemptResult<FetchResponse>,
  ): readonly (readonly [string, FetchResult])[] {
    if (result.ok) return result.value.partitions.map((each) => [partitionName(each.partition), each]);
    return [...asked].map(
      ([
        name,
        {
          cursor: { partition },
        },
      ]) => [name, { partition, ok: false, error: result }],
    );
  }

  #receive(cursor: Cursor, answer: FetchResult): void {
    if (!answer.ok) return this.#refused(cursor, answer.error);
    if (answer.diverging !== undefined) return this.#diverged(cursor, answer.diverging);
    if (answer.batches.length === 0) return;
    cursor.receive(answer.batches, answer.aborted);
    // Behind the others, so that each has its turn when there is not room for all.
    this.#cursors.delete(cursor.name);
    this.#cursors.set(cursor.name, cursor);
  }

  #diverged(cursor: Cursor, end: EpochEnd): void {
    // What nobody has seen yet is fetched again, which shows whether the rest is still there.
    if (cursor.fetchOffset !== cursor.position) cursor.forgetFetched();
    else this.#listener.onTruncated(cursor, end);
  }

  #refused(cursor: Cursor, { code, found, leader }: PartitionError): void {
    if (code === "OFFSET_OUT_OF_RANGE") {
      if (cursor.fetchOffset !== cursor.position) cursor.forgetFetched();
      else this.#listener.onOutOfRange(cursor);
      return;
    }
    if (!isRetriable(code) && code !== "CLOSED") {
      const parts = {
        expected: "records",
        found,
        where: cursor.name,
        todo: "seek elsewhere, or look at the leader",
      };
      cursor.problem = new BrokerError(code, parts);
      return;
    }
    if (leader !== undefined && this.#cluster.heard(cursor.partition, leader)) return;
    this.#backOff(cursor);
  }

  #backOff(cursor: Cursor): void {
    const { clock, random } = this.#rpc.env;
    this.#cluster.refresh();
    cursor.notBeforeUs = clock.nowUs() + jittered(random, this.#settings.retryBackoffUs);
  }
}

/** Whether the answer is about what the cursor would ask now. */
function isStillSo(cursor: Cursor, asked: Asked | undefined): boolean {
  return asked?.cursor === cursor && asked.generation === cursor.generation;
}
