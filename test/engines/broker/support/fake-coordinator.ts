/** What fake coordinators of one group have in common: where they are, what they heard, commits, and mishaps that a test wants. */
import type { BrokerErrorCode } from "#engines/broker/index.js";
import { partitionName } from "#engines/broker/index.js";
import {
  FIND_COORDINATOR,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  type ConsumerHeartbeatRequest,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type CoordinatorRefusal,
  type JoinGroupRequest,
  type MemberStamp,
  type OffsetCommitRequest,
  type OffsetToCommit,
} from "#engines/broker/protocol/index.js";
import type { RpcServer } from "#engines/rpc/index.js";
import { forever } from "../../rpc/support.js";

export type GroupCall = "find" | "join" | "sync" | "heartbeat" | "leave" | "commit" | "fetch";

/** What happens instead of, or after, what is asked for. */
export type GroupMishap =
  | { readonly refuse: BrokerErrorCode }
  | { readonly silent: "before" | "after" }
  | { readonly delayUs: number };

export interface Heard {
  readonly call: GroupCall;
  readonly broker: string;
  readonly request: Partial<
    MemberStamp &
      JoinGroupRequest &
      ConsumerHeartbeatRequest & { readonly offsets: readonly OffsetToCommit[] }
  >;
  readonly atUs: number;
}

export const refusal = (code: BrokerErrorCode, memberId?: string): CoordinatorRefusal => ({
  ok: false,
  code,
  found: "a fake refusal",
  ...(memberId === undefined ? {} : { memberId }),
});

/** How a fake answers one kind of call. */
export type Answering = <Request extends object, T>(
  call: GroupCall,
  type: CoordinatorCall<Request, T>,
  handle: (request: Request) => CoordinatorAnswer<T> | Promise<CoordinatorAnswer<T>>,
) => void;

export abstract class FakeCoordinator {
  coordinator = "b2";
  readonly committed: Map<string, OffsetToCommit> = new Map();
  readonly heard: Heard[] = [];
  /** Decides what happens to a call, by how many of its kind came before. */
  mishap: (call: GroupCall, count: number, memberId: string) => GroupMishap | undefined = () => undefined;

  /** The calls of members. */
  protected abstract serveMembers(on: Answering): void;
  protected abstract commitProblem(request: OffsetCommitRequest): CoordinatorRefusal | undefined;

  serve(server: RpcServer): void {
    const { env } = server;
    const on: Answering = (call, type, handle) =>
      server.serve(type, async (request) => {
        const { memberId = "" } = request as Partial<MemberStamp>;
        const mishap = this.mishap(call, this.count(call), memberId);
        this.heard.push({ call, broker: env.node, request, atUs: env.clock.nowUs() });
        if (mishap !== undefined && "delayUs" in mishap) await env.clock.sleep(mishap.delayUs);
        if (mishap !== undefined && "silent" in mishap && mishap.silent === "before") return forever();
        if (mishap !== undefined && "refuse" in mishap) return refusal(mishap.refuse);
        if (call !== "find" && env.node !== this.coordinator) return refusal("NOT_COORDINATOR");
        const answer = await handle(request);
        return mishap !== undefined && "silent" in mishap ? forever() : answer;
      });
    on("find", FIND_COORDINATOR, () => ({ ok: true, value: { broker: this.coordinator } }));
    this.serveMembers(on);
    on("commit", OFFSET_COMMIT, (request) => {
      const problem = this.commitProblem(request);
      if (problem !== undefined) return problem;
      for (const each of request.offsets) this.committed.set(partitionName(each.partition), each);
      return { ok: true, value: undefined };
    });
    on("fetch", OFFSET_FETCH, ({ partitions = [] }) => {
      const offsets = partitions.flatMap((each) => this.committed.get(partitionName(each)) ?? []);
      return { ok: true, value: { offsets } };
    });
  }

  count(call: GroupCall): number {
    return this.of(call).length;
  }

  of(call: GroupCall): readonly Heard[] {
    return this.heard.filter((each) => each.call === call);
  }
}
