import type { Env } from "../../env/index.js";
import type { RaftNode, Term } from "../../raft/index.js";
import type { BrokerEvent } from "../events.js";
import { notController } from "./refusals.js";

const NO_QUERY: Uint8Array = new Uint8Array(0);

/**
 * Whether this controller is the active one: it leads the Raft group, in the same term all along, and its state machine
 * has applied all that was committed before that. It notices that it is not when it is asked: nothing else depends on it,
 * since what it says as a leader is said by the log alone.
 */
export class Leadership {
  readonly #env: Env;
  readonly #raft: RaftNode;
  readonly #began: () => void;
  #activeTerm: Term | undefined;
  #activation: Promise<void> | undefined;
  #isEnded = false;

  /** `began` is called whenever it has become the active one. */
  constructor(env: Env, raft: RaftNode, began: () => void) {
    this.#env = env;
    this.#raft = raft;
    this.#began = began;
  }

  /** In which it is active; undefined where it is not. */
  get term(): Term | undefined {
    return this.#activeTerm !== undefined && this.#leadsIn(this.#activeTerm) ? this.#activeTerm : undefined;
  }

  /** Resolves where this is the active controller. Throws NOT_CONTROLLER where not, and what Raft throws. */
  async require(): Promise<void> {
    this.#noteEnd();
    if (this.#activeTerm !== undefined) return;
    if (!this.#leadsIn(this.#raft.term)) throw notController(this.#env.node);
    this.#activation ??= this.#activate().finally(() => (this.#activation = undefined));
    await this.#activation;
    if (this.term === undefined) throw notController(this.#env.node);
  }

  /** The controller ends. */
  end(): void {
    this.#isEnded = true;
    this.#noteEnd();
  }

  /** A new leader's state machine may lack what was committed: a linearizable read waits until it has that. */
  async #activate(): Promise<void> {
    const { term } = this.#raft;
    await this.#raft.read(NO_QUERY, "linearizable");
    if (!this.#leadsIn(term)) return;
    this.#activeTerm = term;
    this.#began();
    this.#observe({ kind: "controller/activated", term });
  }

  #noteEnd(): void {
    if (this.#activeTerm === undefined || this.term !== undefined) return;
    this.#activeTerm = undefined;
    this.#observe({ kind: "controller/resigned" });
  }

  #leadsIn(term: Term): boolean {
    return !this.#isEnded && this.#raft.isLeader && this.#raft.term === term;
  }

  #observe(event: BrokerEvent): void {
    this.#env.observe(event);
  }
}
