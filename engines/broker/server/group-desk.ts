import { GROUPS_TOPIC } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import { GroupCoordinator, MemberIdRequired } from "../group/index.js";
import {
  CONSUMER_HEARTBEAT,
  GROUP_HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  SYNC_GROUP,
  TXN_OFFSET_COMMIT,
  type CoordinatorCall,
} from "../protocol/index.js";
import type { CoordinatorAnswer, CoordinatorRefusal } from "../protocol/group-types.js";
import type { TopicPartition } from "../types.js";
import type { Desk } from "./desk.js";
import type { MarkerWriter } from "./transaction-hooks.js";

/** The ends of transactions in the offsets topic go through it. */
export function markerWriterOf(
  groups: GroupCoordinator,
  { topic, partition }: TopicPartition,
): MarkerWriter | undefined {
  return topic === GROUPS_TOPIC ? (marker) => groups.writeMarker(partition, marker) : undefined;
}

/** Has a call answered from now on. */
export type Serve = <Request, T>(
  type: CoordinatorCall<Request, T>,
  handle: (request: Request, from: string) => Promise<CoordinatorAnswer<T>>,
) => void;

/** The coordinator of groups of a broker. */
export function newGroupCoordinator(desk: Desk): GroupCoordinator {
  const { env, lifeline, settings } = desk;
  return new GroupCoordinator({
    env,
    lifeline,
    settings: settings.groups,
    partitions: () => desk.image.topics.get(GROUPS_TOPIC)?.partitions,
    partitionsOf: (topic) => desk.image.topics.get(topic)?.partitions,
    verify: ({ transactionalId, producerId, producerEpoch }, partition) =>
      desk.transactions.verify({ transactionalId, producerId, producerEpoch, partition }),
  });
}

/** Answers what members of groups ask for. */
export function serveGroups(groups: GroupCoordinator, serve: Serve): void {
  const answer = <Request extends { readonly group: string }, T>(
    type: CoordinatorCall<Request, T>,
    handle: (request: Request, from: string) => Promise<T>,
  ): void => serve(type, (request, from) => answered(() => handle(request, from)));
  answer(JOIN_GROUP, async (request, from) => groups.groupsOf(request.group).join(request, from));
  answer(SYNC_GROUP, async (request) => groups.groupsOf(request.group).sync(request));
  answer(OFFSET_FETCH, async (request) => groups.groupsOf(request.group).fetch(request));
  answer(GROUP_HEARTBEAT, (request) => groups.groupsOf(request.group).heartbeat(request));
  answer(CONSUMER_HEARTBEAT, async (request, from) =>
    groups.groupsOf(request.group).consumerHeartbeat(request, from),
  );
  answer(LEAVE_GROUP, (request) => groups.groupsOf(request.group).leave(request));
  answer(OFFSET_COMMIT, (request) => groups.groupsOf(request.group).commit(request));
  answer(TXN_OFFSET_COMMIT, (request) => groups.commitInTransaction(request));
}

/** The answer that says what was done, or why not. Throws what is no `BrokerError`. */
export async function answered<T>(work: () => Promise<T>): Promise<CoordinatorAnswer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    const { code, parts } = error;
    const refused: CoordinatorRefusal = { ok: false, code, found: parts.found };
    return error instanceof MemberIdRequired ? { ...refused, memberId: error.memberId } : refused;
  }
}
