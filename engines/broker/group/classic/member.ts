import type { BrokerError } from "../../errors.js";
import type {
  JoinGroupRequest,
  JoinGroupResponse,
  JoinProtocol,
  SyncGroupResponse,
} from "../../protocol/group-types.js";
import type { Deadline } from "../deadline.js";
import type { StoredMember } from "../types.js";

/** A request that is answered later. */
export interface Waiter<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: BrokerError): void;
}

export function newWaiter<T>(): Waiter<T> {
  let settle!: Omit<Waiter<T>, "promise">;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Who takes part in a group, as long as one coordinator knows it. */
export class Member {
  readonly id: string;
  readonly instanceId: string | undefined;
  readonly client: string;
  readonly session: Deadline;
  sessionTimeoutUs: number;
  rebalanceTimeoutUs: number;
  protocols: readonly JoinProtocol[];
  /** In the present generation. */
  assignment: Uint8Array = NOTHING;
  /** Has never been told of a generation: nobody hears from it but by its join. */
  isNew = true;
  joining: Waiter<JoinGroupResponse> | undefined;
  syncing: Waiter<SyncGroupResponse> | undefined;

  constructor(
    id: string,
    instanceId: string | undefined,
    client: string,
    request: Pick<JoinGroupRequest, "sessionTimeoutUs" | "rebalanceTimeoutUs" | "protocols">,
    session: Deadline,
  ) {
    this.id = id;
    this.instanceId = instanceId;
    this.client = client;
    this.session = session;
    this.sessionTimeoutUs = request.sessionTimeoutUs;
    this.rebalanceTimeoutUs = request.rebalanceTimeoutUs;
    this.protocols = request.protocols;
  }

  /** Whether it has a request here that is not answered: it need not send heartbeats meanwhile. */
  get isWaiting(): boolean {
    return this.joining !== undefined || this.syncing !== undefined;
  }

  /** It gave a sign of life. */
  touch(): void {
    this.session.set(this.sessionTimeoutUs);
  }

  metadataOf(protocol: string | undefined): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? NOTHING;
  }

  /** Whether it wants just what it wanted before. */
  hasSame(protocols: readonly JoinProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, at) => {
        const mine = this.protocols[at]!;
        return mine.name === name && areEqual(mine.metadata, metadata);
      })
    );
  }

  stored(protocol: string | undefined, assignment: Uint8Array = this.assignment): StoredMember {
    return {
      memberId: this.id,
      instanceId: this.instanceId,
      client: this.client,
      sessionTimeoutUs: this.sessionTimeoutUs,
      rebalanceTimeoutUs: this.rebalanceTimeoutUs,
      metadata: this.metadataOf(protocol),
      assignment,
    };
  }

  /** Nothing is to come any more: whoever waits hears why. */
  end(reason: BrokerError): void {
    this.answerJoin((waiter) => waiter.reject(reason));
    this.answerSync((waiter) => waiter.reject(reason));
    this.session.cancel();
  }

  /** Whoever waited has a whole session from the answer on. */
  answerJoin(answer: (waiter: Waiter<JoinGroupResponse>) => void): void {
    const waiter = this.joining;
    this.joining = undefined;
    if (waiter === undefined) return;
    this.touch();
    answer(waiter);
  }

  answerSync(answer: (waiter: Waiter<SyncGroupResponse>) => void): void {
    const waiter = this.syncing;
    this.syncing = undefined;
    if (waiter === undefined) return;
    this.touch();
    answer(waiter);
  }
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
