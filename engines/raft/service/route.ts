import { assert, type Random } from "../../env/index.js";
import type { NodeId } from "../types.js";

/** Whom to ask: who is taken for the leader, else one server after the other. */
export class Route {
  #servers: readonly NodeId[];
  #leader: NodeId | undefined;
  #at: number;

  /** Begins anywhere, so that many clients do not all begin at the same server. */
  constructor(servers: readonly NodeId[], random: Random) {
    assert(servers.length > 0, "there is a server to ask");
    this.#servers = [...servers];
    this.#at = random.below(servers.length);
  }

  get servers(): readonly NodeId[] {
    return this.#servers;
  }

  replace(servers: readonly NodeId[]): void {
    assert(servers.length > 0, "there is a server to ask");
    this.#servers = [...servers];
    this.#at = 0;
    if (this.#leader !== undefined && !servers.includes(this.#leader)) this.#leader = undefined;
  }

  toLeader(): NodeId {
    return this.#leader ?? this.#current();
  }

  /** Each time another one. */
  toAnyone(): NodeId {
    const server = this.#current();
    this.#advance();
    return server;
  }

  /** It did what only a leader does. */
  leads(server: NodeId): void {
    this.#leader = server;
  }

  /** It is not the one to ask next. */
  leave(server: NodeId): void {
    if (this.#leader === server) this.#leader = undefined;
    if (this.#current() === server) this.#advance();
  }

  /** `server` says that `leader` leads. Should that be wrong, somebody else than `server` is asked next. */
  redirect(server: NodeId, leader: NodeId): void {
    this.leave(server);
    this.#leader = leader;
    if (!this.#servers.includes(leader)) this.#servers = [...this.#servers, leader];
  }

  #current(): NodeId {
    const server = this.#servers[this.#at];
    assert(server !== undefined, "the place is one of the list");
    return server;
  }

  #advance(): void {
    this.#at = (this.#at + 1) % this.#servers.length;
  }
}
