import { assert, assertDurationUs, type Env, type Timer } from "../env/index.js";
import { RpcRemoteError, cancelled, timedOut, tooManyCalls, wasReset, type RpcOutcome } from "./errors.js";
import { drawToken } from "./token.js";
import { NO_SERVER, type ResponseFrame, type RpcType, type Token } from "./types.js";

const MAX_OPEN_CALLS = 1_024;

export interface RpcClientOptions {
  /** 1,024 unless given. */
  readonly maxOpenCalls?: number;
}

/** A call under way. */
export interface RpcCall<Response> {
  /**
   * The answer. Rejects with `RpcError` where none came, see its `outcome`, and with `RpcRemoteError` where
   * the handler threw. To be awaited by whoever made the call.
   */
  readonly promise: Promise<Response>;
  /** Ends the call with RPC_CANCELLED. No effect where it has ended. */
  cancel(): void;
}

/** The calling side. One a node, shared by all that call from it: answers come back to the last one made. */
export class RpcClient {
  readonly env: Env;
  readonly #maxOpenCalls: number;
  readonly #caller: Token;
  /** In the order in which they were made. */
  readonly #open: Map<number, OpenCall<unknown, unknown>> = new Map();
  /** How each server wants to be addressed. */
  readonly #servers: Map<string, Token> = new Map();
  readonly #listening: Set<number> = new Set();
  #lastCall = 0;

  constructor(env: Env, options: RpcClientOptions = {}) {
    this.env = env;
    this.#maxOpenCalls = options.maxOpenCalls ?? MAX_OPEN_CALLS;
    assert(this.#maxOpenCalls > 0, "a client may have a call open");
    this.#caller = drawToken(env.random);
  }

  /** How many calls wait for an answer. */
  get openCalls(): number {
    return this.#open.size;
  }

  /**
   * Asks `to`, which may be this node. What is thrown at once was never sent: `RpcError` RPC_TOO_MANY_CALLS,
   * and what `Network.send` throws.
   */
  call<Request, Response>(
    to: string,
    type: RpcType<Request, Response>,
    request: Request,
    { timeoutUs }: { readonly timeoutUs: number },
  ): RpcCall<Response> {
    assertDurationUs(timeoutUs);
    const where = `${type.name} at ${to}`;
    if (this.#open.size >= this.#maxOpenCalls) throw tooManyCalls(where, this.#maxOpenCalls);
    this.#listen(type);
    const call = new OpenCall(++this.#lastCall, to, type, request, where);
    this.#send(call, this.#servers.get(to) ?? NO_SERVER);
    // No answer can come before `send` has returned, so nothing has to be undone where it throws.
    this.#open.set(call.number, call as OpenCall<unknown, unknown>);
    const end = (error: Error): void => {
      if (this.#open.delete(call.number)) call.fail(error);
    };
    call.timer = this.env.clock.setTimer(timeoutUs, () => end(timedOut(where, timeoutUs, call.outcome)));
    return { promise: call.promise, cancel: () => end(cancelled(where, call.outcome)) };
  }

  #listen<Request, Response>(type: RpcType<Request, Response>): void {
    if (this.#listening.has(type.id)) return;
    this.#listening.add(type.id);
    this.env.network.receive(type.responseMessage, (from, response) =>
      this.#receive(from, type.id, response),
    );
  }

  #send<Request, Response>(call: OpenCall<Request, Response>, server: Token): void {
    const [oldest = call.number] = this.#open.keys();
    this.env.network.send(call.to, call.type.requestMessage, {
      caller: this.#caller,
      call: call.number,
      server,
      oldest,
      body: call.request,
    });
    call.server = server;
  }

  #receive(from: string, typeId: number, response: ResponseFrame<unknown>): void {
    // Answers to an earlier life of this node, to calls that have ended, and second copies.
    if (response.caller !== this.#caller) return;
    const call = this.#open.get(response.call);
    if (call === undefined || call.to !== from || call.type.id !== typeId) return;
    const { result } = response;
    if (result.kind === "reset") return this.#reset(call, result.server);
    this.#open.delete(call.number);
    if (result.kind === "answer") call.answer(result.body);
    else call.fail(new RpcRemoteError(result.code, result.parts, from));
  }

  /**
   * The server is another than the call was addressed to. One that was addressed to nobody has not run, and
   * goes out again; any other may have been handled by the server's earlier life.
   */
  #reset(call: OpenCall<unknown, unknown>, server: Token): void {
    this.#servers.set(call.to, server);
    if (call.server === server) return;
    if (call.server === NO_SERVER) return this.#send(call, server);
    this.#open.delete(call.number);
    call.fail(wasReset(call.where));
  }
}

class OpenCall<Request, Response> {
  readonly number: number;
  readonly to: string;
  readonly type: RpcType<Request, Response>;
  readonly request: Request;
  readonly where: string;
  readonly promise: Promise<Response>;
  /** Whom it was addressed to last. */
  server: Token = NO_SERVER;
  timer: Timer | undefined;
  #resolve!: (response: Response) => void;
  #reject!: (error: Error) => void;

  constructor(number: number, to: string, type: RpcType<Request, Response>, request: Request, where: string) {
    this.number = number;
    this.to = to;
    this.type = type;
    this.request = request;
    this.where = where;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** What is known while there is no answer: no server handles what is addressed to nobody. */
  get outcome(): RpcOutcome {
    return this.server === NO_SERVER ? "failed" : "unknown";
  }

  answer(response: Response): void {
    this.timer?.cancel();
    this.#resolve(response);
  }

  fail(error: Error): void {
    this.timer?.cancel();
    this.#reject(error);
  }
}
