import { RpcError, RpcRemoteError, type RpcClient, type RpcType } from "../../rpc/index.js";
import { TRANSACTIONS_TOPIC, coordinatorPartition } from "../coordinator/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import {
  ADD_PARTITIONS_TO_TXN,
  END_TXN,
  INIT_TRANSACTIONS,
  WRITE_TXN_MARKERS,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type WriteTxnMarkersRequest,
} from "../protocol/index.js";
import { TransactionCoordinator } from "../transaction/index.js";
import { partitionName, type BrokerId, type TopicPartition } from "../types.js";
import type { Desk } from "./desk.js";
import { answered, type Serve } from "./group-desk.js";
import type { TransactionToVerify } from "./transaction-hooks.js";

/** What transactions say to other brokers, or to this one: coordinators to leaders, and leaders to coordinators. */
export class TransactionPeers {
  readonly #desk: Desk;
  readonly #rpc: RpcClient;

  constructor(desk: Desk, rpc: RpcClient) {
    this.#desk = desk;
    this.#rpc = rpc;
  }

  /** See `TransactionHooks.verify`. Not knowing is always retriable, and never says that something may have been appended. */
  async verify({
    transactionalId,
    partition,
    producerId,
    producerEpoch,
  }: TransactionToVerify): Promise<void> {
    const coordinator = this.#coordinatorOf(transactionalId);
    const request = { transactionalId, producerId, producerEpoch, partitions: [partition] };
    const answer: CoordinatorAnswer<undefined> | undefined =
      coordinator === undefined ? undefined : await this.#ask(coordinator, ADD_PARTITIONS_TO_TXN, request);
    if (answer?.ok === true) return;
    const isUnknown = answer === undefined || answer.code === "REQUEST_TIMED_OUT" || answer.code === "CLOSED";
    const code: BrokerErrorCode = isUnknown ? "COORDINATOR_NOT_AVAILABLE" : answer.code;
    throw new BrokerError(code, {
      expected: "a transaction that includes the partition",
      found: answer?.found ?? "nobody who knows",
      where: `${transactionalId} in ${partitionName(partition)}`,
      todo: "do what the code asks for",
    });
  }

  /** See `TransactionsPlan.writeMarkers`. */
  async writeMarkers({ partitions, ...marker }: WriteTxnMarkersRequest): Promise<readonly TopicPartition[]> {
    const byLeader = new Map<BrokerId, TopicPartition[]>();
    for (const partition of partitions) {
      const leader = this.#desk.image.partitions.get(partitionName(partition))?.state.leader;
      if (leader === undefined) continue;
      const led = byLeader.get(leader) ?? [];
      byLeader.set(leader, led);
      led.push(partition);
    }
    const asking = [...byLeader].map(async ([leader, led]) => {
      const answer = await this.#ask(leader, WRITE_TXN_MARKERS, { ...marker, partitions: led });
      return (answer?.partitions ?? []).filter(({ code }) => code === undefined);
    });
    return (await Promise.all(asking)).flat().map(({ partition }) => partition);
  }

  #coordinatorOf(transactionalId: string): BrokerId | undefined {
    const { image } = this.#desk;
    const partitions = image.topics.get(TRANSACTIONS_TOPIC)?.partitions;
    if (partitions === undefined) return undefined;
    const partition = coordinatorPartition(transactionalId, partitions);
    return image.partitions.get(partitionName({ topic: TRANSACTIONS_TOPIC, partition }))?.state.leader;
  }

  /** Undefined: nobody knows. */
  async #ask<Request, Response>(
    broker: BrokerId,
    type: RpcType<Request, Response>,
    request: Request,
  ): Promise<Response | undefined> {
    const { lifeline, settings } = this.#desk;
    if (lifeline.isCut) return undefined;
    let forget: () => void = () => undefined;
    try {
      const call = this.#rpc.call(broker, type, request, { timeoutUs: settings.requestTimeoutUs });
      forget = lifeline.onCut(() => call.cancel());
      return await call.promise;
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RpcRemoteError)) throw error;
      return undefined;
    } finally {
      forget();
    }
  }
}

/** The coordinator of transactions of a broker. */
export function newTransactionCoordinator(
  desk: Desk,
  peers: TransactionPeers,
  newProducerId: () => Promise<number>,
): TransactionCoordinator {
  const { env, lifeline, settings } = desk;
  return new TransactionCoordinator({
    env,
    lifeline,
    settings: settings.transactions,
    partitionCount: (topic) => desk.image.topics.get(topic)?.partitions,
    newProducerId,
    writeMarkers: (request) => peers.writeMarkers(request),
  });
}

/** Answers what producers, and leaders for them, ask for. */
export function serveTransactions(transactions: TransactionCoordinator, serve: Serve): void {
  const answer = <Request extends { readonly transactionalId: string }, T>(
    type: CoordinatorCall<Request, T>,
    handle: (request: Request) => Promise<T>,
  ): void => serve(type, (request) => answered(() => handle(request)));
  answer(INIT_TRANSACTIONS, async (request) =>
    transactions.transactionsOf(request.transactionalId).init(request),
  );
  answer(ADD_PARTITIONS_TO_TXN, async (request): Promise<undefined> => {
    await transactions.transactionsOf(request.transactionalId).addPartitions(request);
  });
  answer(END_TXN, async (request) => transactions.transactionsOf(request.transactionalId).end(request));
}
