/**
 * The network of the lab, made of the simulated one. The course's network carries calls with replies; ours
 * carries messages. A call of the course is a request of our protocol together with its response:
 *
 * - `reliable`: every message arrives in its link's order after the link's latency;
 * - `unreliable`: a request is late by up to 26 ms, overtaking others, and lost one time in ten; a response is
 *   lost one time in ten;
 * - `long reordering`: two responses in three are late by 200 ms to 2.2 s.
 *
 * Calls are counted where the course counts them: as a server receives the request.
 */
import type { RaftMessage } from "#engines/raft/types.js";
import { site } from "#sim/decisions.js";
import type { NetworkVerdict } from "#sim/network/index.js";
import type { World } from "#sim/world.js";

const LOSE_REQUEST = site("raft-lab/lose-request");
const LOSE_RESPONSE = site("raft-lab/lose-response");
const REQUEST_DELAY = site("raft-lab/request-delay");
const RESPONSE_IS_LATE = site("raft-lab/response-is-late");
const RESPONSE_DELAY = site("raft-lab/response-delay");

const LOSS_PPM = 100_000;
const LATE_PPM = 666_667;
const MS = 1_000;
const LATENCY_US = 250;
const REQUEST_DELAY_MS = 27;
const RESPONSE_DELAY_MIN_MS = 200;
const RESPONSE_DELAY_SPREAD_MS = 2_000;

const IS_REQUEST: Readonly<Record<RaftMessage["kind"], boolean>> = {
  preVote: true,
  preVoteResponse: false,
  vote: true,
  voteResponse: false,
  append: true,
  appendResponse: false,
  heartbeat: true,
  heartbeatResponse: false,
  snapshotChunk: true,
  snapshotChunkResponse: false,
  timeoutNow: true,
  repairRequest: true,
  repairResponse: false,
};

export class LabNetwork {
  isUnreliable: boolean;
  isLongReordering = false;
  readonly #world: World;
  readonly #names: readonly string[];
  readonly #connected: boolean[];
  /** Messages sent so far on each directed link. */
  readonly #sends: Map<string, number> = new Map();
  #calls = 0;

  /** All servers begin disconnected. */
  constructor(world: World, names: readonly string[], isUnreliable: boolean) {
    this.#world = world;
    this.#names = names;
    this.#connected = names.map(() => false);
    this.isUnreliable = isUnreliable;
    names.forEach((_, server) => this.disconnect(server));
    world.network.filter = (from, to, _type, value) => this.#judge(from, to, value as RaftMessage);
  }

  /** Calls that servers received so far. */
  get calls(): number {
    return this.#calls;
  }

  isConnected(server: number): boolean {
    return this.#connected[server]!;
  }

  connect(server: number): void {
    this.#set(server, true);
  }

  disconnect(server: number): void {
    this.#set(server, false);
  }

  /** Two servers reach each other while both are connected. */
  #set(server: number, isConnected: boolean): void {
    this.#connected[server] = isConnected;
    const { network } = this.#world;
    const name = this.#names[server]!;
    this.#names.forEach((other, j) => {
      if (j === server) return;
      const change = isConnected && this.#connected[j]! ? "restore" : "cut";
      network[change](name, other);
      network[change](other, name);
    });
  }

  #judge(from: string, to: string, message: RaftMessage): NetworkVerdict {
    const verdict = IS_REQUEST[message.kind] ? this.#request(from, to) : this.#response(from, to);
    if (IS_REQUEST[message.kind] && verdict !== "drop" && !this.#world.network.isCut(from, to)) this.#calls++;
    return verdict;
  }

  #request(from: string, to: string): NetworkVerdict {
    if (!this.isUnreliable) return "deliver";
    const { decisions } = this.#world;
    const [a, b, n] = this.#identity(from, to);
    if (decisions.chance(LOSS_PPM, LOSE_REQUEST, a, b, n)) return "drop";
    return LATENCY_US + MS * decisions.below(REQUEST_DELAY_MS, REQUEST_DELAY, a, b, n);
  }

  #response(from: string, to: string): NetworkVerdict {
    if (!this.isUnreliable && !this.isLongReordering) return "deliver";
    const { decisions } = this.#world;
    const [a, b, n] = this.#identity(from, to);
    if (this.isUnreliable && decisions.chance(LOSS_PPM, LOSE_RESPONSE, a, b, n)) return "drop";
    if (!this.isLongReordering || !decisions.chance(LATE_PPM, RESPONSE_IS_LATE, a, b, n)) return "deliver";
    const spreadMs = 1 + decisions.below(RESPONSE_DELAY_SPREAD_MS, RESPONSE_DELAY, a, b, n, 0);
    return MS * (RESPONSE_DELAY_MIN_MS + decisions.below(spreadMs, RESPONSE_DELAY, a, b, n, 1));
  }

  /** Of the message that is sent now: the link's two ends, and its number on the link. */
  #identity(from: string, to: string): readonly [from: number, to: number, send: number] {
    const link = `${from}>${to}`;
    const send = this.#sends.get(link) ?? 0;
    this.#sends.set(link, send + 1);
    return [this.#world.node(from)!.index, this.#world.node(to)!.index, send];
  }
}
