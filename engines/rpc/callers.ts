/**
 * Sees to it that no call is handled twice, on a network that may deliver anything twice, and late.
 *
 * Within one life of the server it remembers which calls it has seen. Over a restart, which forgets that, it
 * relies on requests that name the one server they are for: a copy that outlived the server is for nobody. So
 * did Birrell and Nelson ("Implementing Remote Procedure Calls", TOCS 1984, section 3.2), whose calls name the
 * server's incarnation. Without it no refusal would be final: another copy of the same request could still be
 * accepted.
 */
import { assert, type Random } from "../env/index.js";
import { drawToken } from "./token.js";
import { NO_SERVER, type RequestFrame, type Token } from "./types.js";

const MAX_CALLERS = 4_096;

/** `first`: to be handled. `again`: seen before, or given up by its caller. `reset`: not for this server. */
export type Verdict = "first" | "again" | "reset";

export class Callers {
  readonly #random: Random;
  readonly #callers: Map<Token, Caller> = new Map();
  #server: Token;

  constructor(random: Random) {
    this.#random = random;
    this.#server = drawToken(random);
    assert(this.#server !== NO_SERVER, "a server can be told from none");
  }

  /** What requests have to name. */
  get server(): Token {
    return this.#server;
  }

  meet(request: RequestFrame<unknown>): Verdict {
    const caller = this.#callers.get(request.caller);
    if (request.server === this.#server && caller !== undefined) {
      return caller.isFirst(request.call, request.oldest) ? "first" : "again";
    }
    if (caller === undefined) this.#welcome(request.caller);
    return "reset";
  }

  /** Where there are too many to remember, all are forgotten, and the server is another one from now on. */
  #welcome(caller: Token): void {
    if (this.#callers.size >= MAX_CALLERS) {
      this.#callers.clear();
      this.#server = drawToken(this.#random);
    }
    this.#callers.set(caller, new Caller());
  }
}

class Caller {
  /** All before this one are over; of those from here on, `#seen` were. */
  #oldest = 0;
  readonly #seen: Set<number> = new Set();

  isFirst(call: number, oldest: number): boolean {
    this.#forgetBefore(oldest);
    if (call < this.#oldest || this.#seen.has(call)) return false;
    this.#seen.add(call);
    return true;
  }

  #forgetBefore(oldest: number): void {
    if (oldest <= this.#oldest) return;
    this.#oldest = oldest;
    // They come almost in order; one that did not is forgotten a little later, and is known to be over anyway.
    for (const call of this.#seen) {
      if (call >= oldest) return;
      this.#seen.delete(call);
    }
  }
}
