import { assert, assertDurationUs } from "../../env/index.js";
import type { RpcClient } from "../../rpc/index.js";
import type { MembershipTarget } from "../core/index.js";
import { RaftError } from "../errors.js";
import type { Consistency } from "../node.js";
import type { NodeId } from "../types.js";
import { Errand, type Pace, type Task } from "./errand.js";
import { CHANGE_MEMBERSHIP, EXECUTE, OPEN_SESSION, QUERY, TRANSFER_LEADERSHIP } from "./protocol.js";
import { Route } from "./route.js";

export interface RaftClientOptions {
  /** Whom to ask, at least one. Leaders that these name are added. */
  readonly servers: readonly NodeId[];
  /** How long one server may take before the next is asked; 500 ms unless given. */
  readonly attemptTimeoutUs?: number;
  /** The first wait after a refusal; 5 ms unless given. */
  readonly backoffMinUs?: number;
  /** The longest wait after a refusal; 250 ms unless given. */
  readonly backoffMaxUs?: number;
}

/** For how long something is tried, all in all, from the call on. */
export interface Patience {
  readonly timeoutUs: number;
}

interface Session {
  readonly id: number;
  /** Of the latest command. */
  sequence: number;
}

const OPEN_TASK: Task<undefined, number> = {
  type: OPEN_SESSION,
  request: undefined,
  // A session that nobody uses is given up in time.
  repetition: "harmless",
  needsLeader: true,
};

/**
 * One client of a Raft cluster, with a session of its own: commands run exactly once, one after another. Where
 * several are to run at once, make several clients over one `RpcClient`.
 *
 * Everything rejects with `RaftError`, whose `outcome` is `failed` only for what has not happened and never
 * will: RAFT_UNAVAILABLE where no server could do it in time, RAFT_BAD_ARGUMENT, RAFT_STOPPED after `close`.
 * `unknown` comes as RAFT_UNKNOWN.
 */
export class RaftClient {
  readonly #rpc: RpcClient;
  readonly #route: Route;
  readonly #pace: Pace;
  readonly #errands: Set<Errand> = new Set();
  #session: Session | undefined;
  #isExecuting = false;
  #isClosed = false;

  constructor(rpc: RpcClient, options: RaftClientOptions) {
    this.#rpc = rpc;
    this.#route = new Route(options.servers, rpc.env.random);
    this.#pace = {
      attemptTimeoutUs: options.attemptTimeoutUs ?? 500_000,
      backoffMinUs: options.backoffMinUs ?? 5_000,
      backoffMaxUs: options.backoffMaxUs ?? 250_000,
    };
    assertDurationUs(this.#pace.attemptTimeoutUs);
    assert(this.#pace.attemptTimeoutUs > 0, "a server has time to answer");
  }

  /** Whom this client knows of. */
  get servers(): readonly NodeId[] {
    return this.#route.servers;
  }

  /** Replaces the list of whom to ask; at least one. */
  setServers(servers: readonly NodeId[]): void {
    this.#route.replace(servers);
  }

  /** Opens the session, where none is open. `execute` does so by itself; this takes the time for it earlier. */
  open(patience: Patience): Promise<void> {
    return this.#alone(patience, async (errand) => void (await this.#openSession(errand)));
  }

  /**
   * Has the command applied exactly once, and gives its result. One at a time (asserted). A command whose
   * outcome is unknown may still be applied later, but never once a later one of this client has been.
   */
  execute(command: Uint8Array, patience: Patience): Promise<Uint8Array> {
    return this.#alone(patience, async (errand) => {
      for (;;) {
        const session = await this.#openSession(errand);
        const request = { session: session.id, sequence: ++session.sequence, command };
        try {
          return await errand.run({
            type: EXECUTE,
            request,
            repetition: "deduplicated",
            needsLeader: true,
          });
        } catch (error) {
          if (hasExpired(error) || hasExpired((error as Error).cause)) this.#session = undefined;
          // Where every attempt is known to have done nothing, another session does no harm.
          if (!hasExpired(error)) throw error;
        }
      }
    });
  }

  /** Asks the state. It changes nothing, so where it fails the outcome is `failed`. Any number at once. */
  query(query: Uint8Array, consistency: Consistency, patience: Patience): Promise<Uint8Array> {
    const request = { query, consistency };
    const needsLeader = consistency !== "stale";
    return this.#with(patience, (errand) =>
      errand.run({ type: QUERY, request, repetition: "harmless", needsLeader }),
    );
  }

  /**
   * Makes these the members, and resolves once they are. Waits for another change to end. Is not tried again
   * once it may be under way, since a sending that is late could undo somebody's later change; so a server
   * that falls silent costs all the time there is, and it is for the caller to ask again.
   */
  changeMembership(target: MembershipTarget, patience: Patience): Promise<void> {
    return this.#with(patience, (errand) =>
      errand.run({
        type: CHANGE_MEMBERSHIP,
        request: target,
        repetition: "forbidden",
        needsLeader: true,
      }),
    );
  }

  /**
   * Has the leader hand over to `to`, and resolves once it no longer leads, or where `to` leads already. Not
   * tried again once it may be under way.
   */
  transferLeadership(to: NodeId, patience: Patience): Promise<void> {
    return this.#with(patience, (errand) =>
      errand.run({ type: TRANSFER_LEADERSHIP, request: to, repetition: "forbidden", needsLeader: true }),
    );
  }

  /** Ends what is under way, with RAFT_STOPPED or RAFT_UNKNOWN, and refuses what comes. */
  close(): void {
    this.#isClosed = true;
    for (const errand of this.#errands) errand.stop();
  }

  async #openSession(errand: Errand): Promise<Session> {
    this.#session ??= { id: await errand.run(OPEN_TASK), sequence: 0 };
    return this.#session;
  }

  /** A session orders its commands, so that only the latest result has to be kept: one at a time. */
  async #alone<T>(patience: Patience, work: (errand: Errand) => Promise<T>): Promise<T> {
    assert(!this.#isExecuting, "a client executes one command at a time");
    this.#isExecuting = true;
    try {
      return await this.#with(patience, work);
    } finally {
      this.#isExecuting = false;
    }
  }

  async #with<T>({ timeoutUs }: Patience, work: (errand: Errand) => Promise<T>): Promise<T> {
    const errand = new Errand(this.#rpc, this.#route, this.#pace, timeoutUs);
    if (this.#isClosed) errand.stop();
    this.#errands.add(errand);
    try {
      return await work(errand);
    } finally {
      this.#errands.delete(errand);
    }
  }
}

function hasExpired(error: unknown): boolean {
  return error instanceof RaftError && error.code === "RAFT_SESSION_EXPIRED";
}
