import type { Env } from "../../env/index.js";
import { jittered, type RpcClient, type RpcType } from "../../rpc/index.js";
import { isRetriable, type BrokerErrorCode } from "../errors.js";
import {
  FIND_COORDINATOR,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type CoordinatorKind,
  type CoordinatorRefusal,
} from "../protocol/index.js";
import type { BrokerId } from "../types.js";
import { attempt, type Attempt } from "./attempt.js";
import type { ClusterView } from "./cluster-view.js";
import { Waits } from "./waits.js";

/** After these the coordinator may be another one. */
const LOST: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "REQUEST_TIMED_OUT",
]);

export interface LinkSettings {
  readonly kind: CoordinatorKind;
  /** The group's, or the transactional id. */
  readonly id: string;
  readonly requestTimeoutUs: number;
  readonly retryBackoffUs: number;
  /** Another broker than before turned out to be it. */
  readonly changed?: () => void;
}

/** The way to the coordinator of a group or of a transactional id, whoever that is. */
export class CoordinatorLink {
  readonly #rpc: RpcClient;
  readonly #cluster: ClusterView;
  readonly #settings: LinkSettings;
  readonly #waits: Waits;
  readonly #open: Set<Attempt<unknown>> = new Set();
  #coordinator: BrokerId | undefined;
  #last: BrokerId | undefined;
  #finding: Promise<CoordinatorRefusal | undefined> | undefined;
  #turn: number;

  constructor(rpc: RpcClient, cluster: ClusterView, settings: LinkSettings) {
    this.#rpc = rpc;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#waits = new Waits(rpc.env.clock);
    this.#turn = rpc.env.random.below(cluster.brokers.length);
  }

  get env(): Env {
    return this.#rpc.env;
  }

  /** Asks once; to find out whom, may take as long again as `requestTimeoutUs`. Never rejects. */
  async call<Request, T>(
    type: CoordinatorCall<Request, T>,
    request: Request,
    timeoutUs: number = this.#settings.requestTimeoutUs,
  ): Promise<CoordinatorAnswer<T>> {
    const unknown = await (this.#coordinator === undefined ? (this.#finding ??= this.#find()) : undefined);
    if (unknown !== undefined) return unknown;
    const coordinator = this.#coordinator;
    if (coordinator === undefined) return refusal("COORDINATOR_NOT_AVAILABLE", "a coordinator that is gone");
    const answer = await this.#ask(coordinator, type, request, timeoutUs);
    if (!answer.ok && LOST.has(answer.code) && this.#coordinator === coordinator)
      this.#coordinator = undefined;
    return answer;
  }

  /** Asks until there is an answer that asking again would not change, until `deadlineUs`, or while `isWanted`. */
  async callUntil<Request, T>(
    type: CoordinatorCall<Request, T>,
    request: Request,
    deadlineUs: number,
    isWanted: () => boolean = () => true,
  ): Promise<CoordinatorAnswer<T>> {
    for (;;) {
      const { clock } = this.env;
      const answer = await this.call(
        type,
        request,
        Math.min(this.#settings.requestTimeoutUs, Math.max(1, deadlineUs - clock.nowUs())),
      );
      const leftUs = deadlineUs - clock.nowUs();
      if (answer.ok || !isRetriable(answer.code) || leftUs <= 0 || !isWanted()) return answer;
      await this.pause(leftUs);
      if (this.#waits.isClosed || !isWanted()) return answer;
    }
  }

  /** What lies between two attempts, half of it by chance. */
  pause(atMostUs: number = this.#settings.retryBackoffUs): Promise<void> {
    return this.#waits.pause(Math.min(atMostUs, jittered(this.env.random, this.#settings.retryBackoffUs)));
  }

  /** Ends all calls and waits. */
  close(): void {
    this.#waits.close();
    for (const call of this.#open) call.cancel();
  }

  async #find(): Promise<CoordinatorRefusal | undefined> {
    const { brokers } = this.#cluster;
    this.#turn = (this.#turn + 1) % brokers.length;
    const { kind, id, changed } = this.#settings;
    const answer = await this.#ask(brokers[this.#turn]!, FIND_COORDINATOR, { kind, id });
    this.#finding = undefined;
    if (!answer.ok) return answer;
    const { broker } = answer.value;
    if ((this.#last ?? broker) !== broker) changed?.();
    this.#coordinator = broker;
    this.#last = broker;
    return undefined;
  }

  async #ask<Request, T>(
    to: BrokerId,
    type: RpcType<Request, CoordinatorAnswer<T>>,
    request: Request,
    timeoutUs: number = this.#settings.requestTimeoutUs,
  ): Promise<CoordinatorAnswer<T>> {
    if (this.#waits.isClosed) return refusal("CLOSED", "a closed client");
    const call = attempt(this.#rpc, to, type, request, timeoutUs);
    this.#open.add(call);
    const result = await call.result;
    this.#open.delete(call);
    if (this.#waits.isClosed) return refusal("CLOSED", "a closed client");
    const answer = result.ok ? result.value : refusal(result.code, result.found);
    // It is the broker that is closed, and not this client.
    return !answer.ok && answer.code === "CLOSED" ? refusal("NOT_COORDINATOR", answer.found) : answer;
  }
}

function refusal(code: BrokerErrorCode, found: string): CoordinatorRefusal {
  return { ok: false, code, found };
}
