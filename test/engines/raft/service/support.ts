/** Servers that do as a test says, over one real session machine, and clients of them in a simulated world. */
import type { Env } from "#engines/env/index.js";
import { RaftError, type RaftErrorCode } from "#engines/raft/errors.js";
import { SessionMachine, encodeOpenSession } from "#engines/raft/sessions.js";
import { serveRaft, type ReplicatedNode } from "#engines/raft/service/index.js";
import type { NodeId } from "#engines/raft/types.js";
import { RpcServer } from "#engines/rpc/index.js";

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function refused(
  code: RaftErrorCode,
  about: ConstructorParameters<typeof RaftError>[2] = {},
): RaftError {
  return new RaftError(code, { expected: "", found: "", where: "a test", todo: "" }, about);
}

/** What a server does with a proposal. It may hand it to `commit`, now or later. */
export type Behaviour = (command: Uint8Array, server: NodeId) => Promise<Uint8Array>;

/** The log of a cluster: what is committed is applied, in order, and gives `position:command`. */
export class FakeLog {
  /** The commands inside the sessions' frames, as they were applied. */
  readonly applied: string[] = [];
  readonly #machine: SessionMachine;
  #index = 0;

  constructor(maxSessions = 100) {
    this.#machine = new SessionMachine(
      {
        apply: (command) => utf8(`${this.applied.push(textOf(command))}:${textOf(command)}`),
        query: (query) => utf8(`${this.applied.length}:${textOf(query)}`),
        snapshot: () => [],
        restore: () => undefined,
      },
      { maxSessions },
    );
  }

  commit(command: Uint8Array): Uint8Array {
    return this.#machine.apply(command, ++this.#index);
  }

  query(query: Uint8Array): Uint8Array {
    return this.#machine.query(query);
  }
}

export const isOpening = (command: Uint8Array): boolean => textOf(command) === textOf(encodeOpenSession());

/** A server whose calls are handled by `node`; what is missing is refused as by a follower. */
export function serve(env: Env, node: Partial<ReplicatedNode>): void {
  const refuse = (): Promise<never> => Promise.reject(refused("RAFT_NOT_LEADER"));
  serveRaft(new RpcServer(env), {
    propose: refuse,
    read: refuse,
    changeMembership: refuse,
    transferLeadership: refuse,
    ...node,
  });
}
