/** Clients of a real cluster, whose operations are recorded. */
import { RaftError } from "#engines/raft/errors.js";
import { decodeResult, encodeCommand, encodeQuery, type KeyValueCommand } from "#engines/raft/kv/index.js";
import type { RaftClient } from "#engines/raft/service/index.js";
import { History } from "#sim/check/history.js";
import type { KeyValueInput, ValueOutput } from "#sim/check/linearizability/index.js";
import type { RaftConnection } from "#runner/serve/index.js";
import { within } from "../../support/within.js";

const PATIENCE = { timeoutUs: 10_000_000 };
const SHARED_KEYS = 3;

/**
 * So many clients at once. Each in turn writes a value of its own to a key of its own, which nobody writes again,
 * and writes or reads a key that all of them share.
 */
export class Workload {
  readonly history: History<KeyValueInput, ValueOutput> = new History();
  /** What was acknowledged under keys that are written once. */
  readonly kept: Map<string, string> = new Map();
  readonly #connection: RaftConnection;
  readonly #running: Promise<void>[] = [];
  #isStopped = false;
  #writes = 0;
  #acknowledged = 0;
  #waiter: { readonly at: number; readonly resolve: () => void } | undefined;

  constructor(connection: RaftConnection) {
    this.#connection = connection;
  }

  start(clients: number): void {
    for (let client = 0; client < clients; client++) this.#running.push(this.#run(client));
  }

  /** Resolves once so many more operations were acknowledged. Rejects where a client failed, or they never are. */
  async acknowledged(more: number): Promise<void> {
    const at = this.#acknowledged + more;
    const reached = new Promise<void>((resolve) => {
      this.#waiter = { at, resolve };
    });
    const what = (): string => `${at} operations to be acknowledged; ${this.#acknowledged} were`;
    await within(what, Promise.race([reached, Promise.all(this.#running)]));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  /** Reads everything that was ever acknowledged, and what is shared, as one more client. */
  async readAll(client: number): Promise<Map<string, string | null>> {
    const raft = this.#connection.client();
    const found = new Map<string, string | null>();
    for (const key of this.kept.keys()) found.set(key, await this.#get(raft, client, key));
    for (let i = 0; i < SHARED_KEYS; i++) await this.#get(raft, client, `shared-${i}`);
    return found;
  }

  async #run(client: number): Promise<void> {
    const raft = this.#connection.client();
    for (let i = 0; !this.#isStopped; i++) {
      const value = `w${this.#writes++}`;
      const own = `own-${value}`;
      if (await this.#put(raft, client, own, value)) this.kept.set(own, value);
      const shared = `shared-${i % SHARED_KEYS}`;
      if (i % 2 === 0) await this.#get(raft, client, shared);
      else await this.#put(raft, client, shared, value);
    }
  }

  /** Whether it was acknowledged. */
  async #put(raft: RaftClient, client: number, key: string, value: string): Promise<boolean> {
    const command: KeyValueCommand = { op: "put", key, value };
    const operation = this.history.invoke(client, { op: "put", key, value });
    try {
      const result = decodeResult(await raft.execute(encodeCommand(command), PATIENCE));
      if (result.kind !== "ok") throw new Error(`a put was answered with ${result.kind}`);
      this.history.ok(operation, undefined);
      this.#count();
      return true;
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.history[error.outcome](operation, error.code);
      return false;
    }
  }

  async #get(raft: RaftClient, client: number, key: string): Promise<string | null> {
    const operation = this.history.invoke(client, { op: "get", key });
    const answer = await raft.query(encodeQuery({ op: "get", key }), "linearizable", PATIENCE);
    const result = decodeResult(answer);
    if (result.kind !== "value") throw new Error(`a get was answered with ${result.kind}`);
    this.history.ok(operation, result.value);
    this.#count();
    return result.value;
  }

  #count(): void {
    if (++this.#acknowledged === this.#waiter?.at) this.#waiter.resolve();
  }
}
