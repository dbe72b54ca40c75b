import { AssertionFailed, SeedstormError, type Env } from "../env/index.js";
import { Callers } from "./callers.js";
import type { RequestFrame, RpcResult, RpcType } from "./types.js";

/** The answering side. One a node: it is what callers know the node by. */
export class RpcServer {
  readonly env: Env;
  readonly #callers: Callers;

  constructor(env: Env) {
    this.env = env;
    this.#callers = new Callers(env.random);
  }

  /**
   * Answers calls of this type with what `handler` gives, from now on. It runs at most once for each call. A
   * `SeedstormError` that it throws goes to the caller as `RpcRemoteError`; anything else it throws, and
   * `AssertionFailed`, is an uncaught error of its node.
   */
  serve<Request, Response>(
    type: RpcType<Request, Response>,
    handler: (request: Request, from: string) => Response | Promise<Response>,
  ): void {
    this.env.network.receive(type.requestMessage, (from, request) => {
      const verdict = this.#callers.meet(request);
      if (verdict === "first") void this.#handle(type, from, request, handler);
      else if (verdict === "reset") {
        this.#respond(type, from, request, { kind: "reset", server: this.#callers.server });
      }
    });
  }

  /** A rejection is left to the host on purpose: nobody here can make good what broke. */
  async #handle<Request, Response>(
    type: RpcType<Request, Response>,
    from: string,
    request: RequestFrame<Request>,
    handler: (request: Request, from: string) => Response | Promise<Response>,
  ): Promise<void> {
    try {
      const body = await handler(request.body, from);
      // Inside the try: an answer that is too large to be sent is an error that the caller should hear of.
      this.#respond(type, from, request, { kind: "answer", body });
    } catch (error) {
      if (!(error instanceof SeedstormError) || error instanceof AssertionFailed) throw error;
      this.#respond(type, from, request, { kind: "error", code: error.code, parts: error.parts });
    }
  }

  #respond<Request, Response>(
    type: RpcType<Request, Response>,
    to: string,
    { caller, call }: RequestFrame<Request>,
    result: RpcResult<Response>,
  ): void {
    this.env.network.send(to, type.responseMessage, { caller, call, result });
  }
}
