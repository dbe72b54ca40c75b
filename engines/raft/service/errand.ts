import { SeedstormError, assertDurationUs, type Env } from "../../env/index.js";
import { RpcError, RpcRemoteError, type RpcClient, type RpcType } from "../../rpc/index.js";
import { RaftError, badArgument } from "../errors.js";
import type { NodeId } from "../types.js";
import { Backoff } from "./backoff.js";
import { judge, type AttemptError, type Judgement } from "./judge.js";
import { errorOf, type Answer } from "./protocol.js";
import type { Route } from "./route.js";

/** What no server would ever get: too long, or a text that no bytes stand for. */
const NOT_SENT: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "RPC_BAD_ARGUMENT"]);

/**
 * What a second attempt could do after one whose outcome is unknown. `harmless`: nothing that matters.
 * `deduplicated`: nothing either, since servers see that it is the same. `forbidden`: it might do it twice.
 */
export type Repetition = "harmless" | "deduplicated" | "forbidden";

export interface Task<Request, T> {
  readonly type: RpcType<Request, Answer<T>>;
  readonly request: Request;
  readonly repetition: Repetition;
  /** Whether only the leader can do it. */
  readonly needsLeader: boolean;
}

export interface Pace {
  readonly attemptTimeoutUs: number;
  readonly backoffMinUs: number;
  readonly backoffMaxUs: number;
}

/** Asks one server after the other until one has done it, or the time is over, or it is stopped. */
export class Errand {
  readonly #rpc: RpcClient;
  readonly #env: Env;
  readonly #route: Route;
  readonly #attemptTimeoutUs: number;
  readonly #backoff: Backoff;
  readonly #deadlineUs: number;
  #isStopped = false;
  /** Ends what is being waited for. */
  #interrupt: (() => void) | undefined;
  /** Whether the last step went on without a wait. */
  #isHurried = false;

  constructor(rpc: RpcClient, route: Route, pace: Pace, timeoutUs: number) {
    assertDurationUs(timeoutUs);
    this.#rpc = rpc;
    this.#env = rpc.env;
    this.#route = route;
    this.#attemptTimeoutUs = pace.attemptTimeoutUs;
    this.#backoff = new Backoff(this.#env.random, pace.backoffMinUs, pace.backoffMaxUs);
    this.#deadlineUs = this.#env.clock.nowUs() + timeoutUs;
  }

  /** The errand ends where it stands. */
  stop(): void {
    this.#isStopped = true;
    this.#interrupt?.();
  }

  /**
   * Rejects with `RaftError`: with what a server said where no other would say anything else, as
   * RAFT_UNAVAILABLE or RAFT_STOPPED otherwise, and in any case as RAFT_UNKNOWN where an attempt is left whose
   * outcome nobody knows.
   */
  async run<Request, T>(task: Task<Request, T>): Promise<T> {
    // Once set it stays: a refusal speaks for its own attempt only, an earlier one may still be on its way.
    let isUncertain = false;
    let last: AttemptError | undefined;
    for (;;) {
      const leftUs = this.#deadlineUs - this.#env.clock.nowUs();
      if (this.#isStopped || leftUs <= 0) {
        throw isUncertain
          ? outcomeUnknown(task.type.name, last)
          : notDone(task.type.name, last, this.#isStopped);
      }
      const server = task.needsLeader ? this.#route.toLeader() : this.#route.toAnyone();
      const answer = await this.#attempt(server, task, leftUs);
      if (answer.ok) {
        if (task.needsLeader) this.#route.leads(server);
        return answer.value;
      }
      last = answer.error;
      const judgement = judge(last);
      if (judgement.outcome === "unknown" && task.repetition !== "harmless") isUncertain = true;
      if (isUncertain && (judgement.next === "stop" || task.repetition === "forbidden")) {
        throw outcomeUnknown(task.type.name, last);
      }
      if (judgement.next === "stop" && last instanceof RaftError) throw last;
      this.#follow(server, judgement, last);
      await this.#rest(judgement);
    }
  }

  async #attempt<Request, T>(
    server: NodeId,
    { type, request, repetition }: Task<Request, T>,
    leftUs: number,
  ): Promise<
    { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AttemptError }
  > {
    // What must not be tried twice gets all the time there is.
    const timeoutUs = repetition === "forbidden" ? leftUs : Math.min(leftUs, this.#attemptTimeoutUs);
    try {
      const call = this.#rpc.call(server, type, request, { timeoutUs });
      this.#interrupt = () => call.cancel();
      const answer = await call.promise;
      return answer.ok ? answer : { ok: false, error: errorOf(answer.refusal) };
    } catch (error) {
      if (error instanceof RpcError || error instanceof RpcRemoteError) return { ok: false, error };
      // All else says that this process is at its end, not how the errand went.
      if (!(error instanceof SeedstormError) || !NOT_SENT.has(error.code)) throw error;
      return { ok: false, error: badArgument(error.parts.expected, error.parts.found, error.parts.where) };
    } finally {
      this.#interrupt = undefined;
    }
  }

  #follow(server: NodeId, { next }: Judgement, error: AttemptError): void {
    const leader = error instanceof RaftError ? error.leader : undefined;
    if (next === "redirect" && leader !== undefined && leader !== server)
      this.#route.redirect(server, leader);
    else if (next !== "same") this.#route.leave(server);
  }

  async #rest({ wait }: Judgement): Promise<void> {
    if (this.#isStopped || wait === "never") return;
    this.#isHurried = wait === "unlessFirst" && !this.#isHurried;
    if (this.#isHurried) return;
    const leftUs = Math.max(0, this.#deadlineUs - this.#env.clock.nowUs());
    await new Promise<void>((resolve) => {
      const timer = this.#env.clock.setTimer(Math.min(leftUs, this.#backoff.next()), resolve);
      this.#interrupt = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#interrupt = undefined;
  }
}

function notDone(where: string, cause: AttemptError | undefined, isStopped: boolean): RaftError {
  const parts = { found: cause?.message ?? "no time for an attempt", where };
  return isStopped
    ? new RaftError("RAFT_STOPPED", { expected: "an open client", ...parts, todo: "make another" }, { cause })
    : new RaftError(
        "RAFT_UNAVAILABLE",
        { expected: "a leader in time", ...parts, todo: "try again" },
        { cause },
      );
}

function outcomeUnknown(where: string, cause: AttemptError | undefined): RaftError {
  const parts = { expected: "an answer to every attempt", found: cause?.message ?? "none", where };
  const todo = "read the state to find out";
  return new RaftError("RAFT_UNKNOWN", { ...parts, todo }, { outcome: "unknown", cause });
}
