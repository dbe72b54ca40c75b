import { SeedstormError, assert, assertDurationUs, unreachable, type Env } from "../../env/index.js";
import { Backoff, Route } from "../../raft/service/index.js";
import { RpcError, RpcRemoteError, type RpcClient } from "../../rpc/index.js";
import type { BrokerErrorCode } from "../errors.js";
import { FETCH_METADATA, type ControllerCall } from "../protocol/index.js";
import type { ControllerAnswer, FetchMetadataRequest } from "../protocol/types.js";
import { refusal } from "./refusals.js";

export interface ControllerChannelOptions {
  /** At least one. */
  readonly controllers: readonly string[];
  /** How long one controller may take before the next is asked; 500 ms unless given. */
  readonly attemptTimeoutUs?: number;
  /** The first wait after a refusal; 5 ms unless given. */
  readonly backoffMinUs?: number;
  /** The longest wait after a refusal; 250 ms unless given. */
  readonly backoffMaxUs?: number;
}

/** What no server would ever get: too long, or a text that no bytes stand for. */
const NOT_SENT: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "RPC_BAD_ARGUMENT"]);

/**
 * Refusals that may be over when an earlier attempt, still on its way, arrives: with such an attempt they prove nothing.
 * Epochs and versions only go up, so what was refused for those is refused for good.
 */
const REVOCABLE: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "INELIGIBLE_REPLICA",
  "INVALID_REQUEST",
  "INVALID_REPLICA_ASSIGNMENT",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "ELIGIBLE_LEADERS_NOT_AVAILABLE",
  "NO_REASSIGNMENT_IN_PROGRESS",
]);

/** How one attempt ended, if not with a value: whether it may have been done all the same, and where to go on. */
interface Setback {
  readonly isUncertain: boolean;
  readonly next: "same" | "other";
  /** `never`: time has passed already. `unlessFirst`: the next attempt may well succeed at once. */
  readonly wait: "never" | "unlessFirst" | "always";
  readonly found: string;
}

type Attempt<T> =
  | { readonly kind: "answer"; readonly answer: ControllerAnswer<T> }
  | { readonly kind: "setback"; readonly setback: Setback };

/** The way of a broker, or of an administrator, to the active controller. Any number of calls at once. */
export class ControllerChannel {
  readonly #rpc: RpcClient;
  readonly #env: Env;
  readonly #route: Route;
  readonly #attemptTimeoutUs: number;
  readonly #newBackoff: () => Backoff;
  /** Each ends what one call waits for. */
  readonly #interrupts: Set<() => void> = new Set();
  #isClosed = false;

  constructor(rpc: RpcClient, options: ControllerChannelOptions) {
    const { attemptTimeoutUs = 500_000, backoffMinUs = 5_000, backoffMaxUs = 250_000 } = options;
    this.#rpc = rpc;
    this.#env = rpc.env;
    this.#route = new Route(options.controllers, rpc.env.random);
    this.#attemptTimeoutUs = attemptTimeoutUs;
    this.#newBackoff = () => new Backoff(rpc.env.random, backoffMinUs, backoffMaxUs);
    assertDurationUs(attemptTimeoutUs);
    assert(attemptTimeoutUs > 0, "a controller has time to answer");
  }

  /**
   * Asks until a controller has answered, for `timeoutUs` at most; FETCH_METADATA is answered by any of them. A call may
   * be handled more than once. Throws `BrokerError`: the code of the refusal; REQUEST_TIMED_OUT, after which it may have
   * been done or may be yet; CLOSED, after which that is so, too.
   */
  async call<Request, T>(type: ControllerCall<Request, T>, request: Request, timeoutUs: number): Promise<T> {
    assertDurationUs(timeoutUs);
    const deadlineUs = this.#env.clock.nowUs() + timeoutUs;
    const backoff = this.#newBackoff();
    let isUncertain = false;
    let isHurried = false;
    let last = "no time for an attempt";
    for (;;) {
      const leftUs = deadlineUs - this.#env.clock.nowUs();
      if (this.#isClosed) throw refusal("CLOSED", last, type.name);
      if (leftUs <= 0) throw refusal("REQUEST_TIMED_OUT", last, type.name);
      const server = this.#route.toLeader();
      const attempt = await this.#attempt(server, type, request, leftUs);
      if (attempt.kind === "answer") {
        if (type.id !== FETCH_METADATA.id) this.#route.leads(server);
        return valueOf(attempt.answer, isUncertain, `${type.name} at ${server}`);
      }
      const { setback } = attempt;
      last = setback.found;
      if (setback.isUncertain) isUncertain = true;
      if (setback.next === "other") this.#route.leave(server);
      isHurried = setback.wait === "unlessFirst" && !isHurried;
      if (setback.wait === "never" || isHurried) continue;
      await this.#rest(Math.min(backoff.next(), Math.max(0, deadlineUs - this.#env.clock.nowUs())));
    }
  }

  /** Ends what is under way, with CLOSED, and refuses what comes. */
  close(): void {
    this.#isClosed = true;
    for (const interrupt of this.#interrupts) interrupt();
  }

  async #attempt<Request, T>(
    server: string,
    type: ControllerCall<Request, T>,
    request: Request,
    leftUs: number,
  ): Promise<Attempt<T>> {
    const waitUs = type.id === FETCH_METADATA.id ? (request as FetchMetadataRequest).maxWaitUs : 0;
    const timeoutUs = Math.min(leftUs, this.#attemptTimeoutUs + waitUs);
    let interrupt: (() => void) | undefined;
    try {
      const call = this.#rpc.call(server, type, request, { timeoutUs });
      interrupt = () => call.cancel();
      this.#interrupts.add(interrupt);
      const answer = await call.promise;
      const setback = answer.ok ? undefined : setbackAfterRefusal(answer.code, answer.found);
      return setback === undefined ? { kind: "answer", answer } : { kind: "setback", setback };
    } catch (error) {
      if (error instanceof SeedstormError && NOT_SENT.has(error.code)) {
        return { kind: "answer", answer: { ok: false, code: "INVALID_REQUEST", found: error.message } };
      }
      return { kind: "setback", setback: setbackAfterError(error) };
    } finally {
      if (interrupt !== undefined) this.#interrupts.delete(interrupt);
    }
  }

  #rest(durationUs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#interrupts.delete(end);
        resolve();
      };
      const timer = this.#env.clock.setTimer(durationUs, end);
      this.#interrupts.add(end);
    });
  }
}

function valueOf<T>(answer: ControllerAnswer<T>, isUncertain: boolean, where: string): T {
  if (answer.ok) return answer.value;
  const { code, found } = answer;
  throw refusal(isUncertain && REVOCABLE.has(code) ? "REQUEST_TIMED_OUT" : code, found, where);
}

/** Undefined where it is the cluster's last word. */
function setbackAfterRefusal(code: BrokerErrorCode, found: string): Setback | undefined {
  if (code === "NOT_CONTROLLER") return { isUncertain: false, next: "other", wait: "unlessFirst", found };
  if (code === "REQUEST_TIMED_OUT") return { isUncertain: true, next: "other", wait: "always", found };
  return undefined;
}

/** Throws what says that this process is at its end. */
function setbackAfterError(error: unknown): Setback {
  if (error instanceof RpcRemoteError) {
    return { isUncertain: true, next: "other", wait: "always", found: error.message };
  }
  if (!(error instanceof RpcError)) throw error;
  const about = { isUncertain: error.outcome === "unknown", found: error.message };
  switch (error.code) {
    case "RPC_TIMEOUT":
      return { ...about, next: "other", wait: "never" };
    case "RPC_RESET":
      return { ...about, next: "same", wait: "unlessFirst" };
    case "RPC_TOO_MANY_CALLS":
    case "RPC_CANCELLED":
      return { ...about, next: "same", wait: "always" };
    default:
      return unreachable("all codes are known");
  }
}
