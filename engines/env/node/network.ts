import { connect, createServer, type Server, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { AssertionFailed, assert } from "../assert.js";
import { SeedstormError } from "../errors.js";
import type { MessageType, Network } from "../network.js";
import { Connection } from "./connection.js";
import {
  CONTROL_TYPE,
  FrameReader,
  HELLO_MAX_BYTES,
  decodeHello,
  encodeFrame,
  encodeHello,
} from "./frame.js";
import { Link, SIGN_OF_LIFE_MS } from "./link.js";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface NetworkOptions {
  /** Where this node takes connections; port 0 takes a free one. Without it nobody can dial this node. */
  readonly listen?: Address;
  /** Where the others are. Looked up at each dialling: the caller may change the map. */
  readonly peers?: ReadonlyMap<string, Address>;
  /** The longest encoded message sent or taken, 16 MiB unless given. */
  readonly maxMessageBytes?: number;
  /** Per connection: what would wait beyond this for the kernel to take it is lost. 64 MiB unless given. */
  readonly maxQueuedBytes?: number;
  /** Who dials this node and has not said who it is after so long is hung up on; 1 to 2^31 - 1, 5,000 unless given. */
  readonly helloTimeoutMs?: number;
}

export interface NetworkHooks {
  readonly log: (message: string) => void;
  /** Takes what a handler or a codec threw that is not a mere lack of understanding. */
  readonly onError: (error: unknown) => void;
}

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const HELLO_TIMEOUT_MS = 5_000;
/** Timers of Node that are set for longer fire at once. */
const TIMEOUT_MAX_MS = 0x7fffffff;

/**
 * Messages over TCP, best effort: what is sent while a peer can't be reached, or faster than it takes it, is
 * lost. A node dials those it has an address for and answers the others on the connection they made, so a
 * client needs no address of its own. Format: `frame.ts`; reconnecting: `link.ts`.
 *
 * Names are believed, nothing is encrypted: this is for a network that only trusted nodes can reach.
 */
export class NodeNetwork implements Network {
  readonly #node: string;
  readonly #options: NetworkOptions;
  readonly #maxMessageBytes: number;
  readonly #helloTimeoutMs: number;
  readonly #hooks: NetworkHooks;
  readonly #handlers: Map<number, (from: string, body: Uint8Array) => void> = new Map();
  readonly #links: Map<string, Link<Connection>> = new Map();
  /** The latest connection that each peer made to this node. */
  readonly #accepted: Map<string, Connection> = new Map();
  readonly #connections: Set<Connection> = new Set();
  #server: Server | undefined;
  #signsOfLife: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(node: string, options: NetworkOptions, hooks: NetworkHooks) {
    this.#node = node;
    this.#options = options;
    this.#helloTimeoutMs = options.helloTimeoutMs ?? HELLO_TIMEOUT_MS;
    const isTimeout = Number.isInteger(this.#helloTimeoutMs) && this.#helloTimeoutMs >= 1;
    assert(isTimeout && this.#helloTimeoutMs <= TIMEOUT_MAX_MS, "a hello has 1 to 2^31 - 1 milliseconds");
    this.#maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#hooks = hooks;
  }

  /** Begins to take connections at `listen`, and says where. Throws `LISTEN_FAILED`. */
  async listen(): Promise<Address | undefined> {
    const wanted = this.#options.listen;
    if (wanted === undefined) return undefined;
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(listenFailed(wanted, error)));
      server.listen(wanted.port, wanted.host, resolve);
    });
    server.on("error", (error) => this.#hooks.log(`network: ${error.message}`));
    this.#server = server;
    const signOfLife = encodeFrame(CONTROL_TYPE, new Uint8Array(0));
    this.#signsOfLife = setInterval(() => {
      for (const connection of this.#accepted.values()) connection.send(signOfLife);
    }, SIGN_OF_LIFE_MS);
    const bound = server.address();
    assert(bound !== null && typeof bound === "object", "a TCP server has a host and a port");
    return { host: bound.address, port: bound.port };
  }

  /** Throws `MESSAGE_TOO_LARGE` above `maxMessageBytes`, since no retry could ever deliver it. */
  send<T>(to: string, type: MessageType<T>, value: T): void {
    assertTypeId(type.id);
    const body = type.encode(value);
    if (body.length > this.#maxMessageBytes)
      throw messageTooLarge(type.name, body.length, this.#maxMessageBytes);
    if (this.#closed) return;
    if (to === this.#node) setImmediate(() => this.#deliver(to, type.id, body));
    else this.#connectionTo(to)?.send(encodeFrame(type.id, body));
  }

  receive<T>(type: MessageType<T>, handler: (from: string, value: T) => void): void {
    assertTypeId(type.id);
    this.#handlers.set(type.id, (from, body) => {
      let value: T;
      try {
        value = type.decode(body);
      } catch (error) {
        if (!(error instanceof SeedstormError) || error instanceof AssertionFailed) throw error;
        // Perhaps from another version of the program; the sender will find out that nobody answers.
        this.#hooks.log(`network: lost a ${type.name} from ${from}: ${error.message}`);
        return;
      }
      handler(from, value);
    });
  }

  /** Drops all connections and what is queued on them. Nothing is sent or delivered from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#signsOfLife);
    for (const connection of this.#connections) connection.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  #connectionTo(peer: string): Connection | undefined {
    if (this.#options.peers?.has(peer) !== true) return this.#accepted.get(peer);
    let link = this.#links.get(peer);
    if (link === undefined) {
      link = new Link(
        (onClosed) => this.#dial(peer, onClosed),
        () => performance.now(),
      );
      this.#links.set(peer, link);
    }
    return link.connection();
  }

  #dial(peer: string, onClosed: () => void): Connection {
    const address = this.#options.peers?.get(peer);
    assert(address !== undefined, "only peers with an address are dialled");
    const socket = connect({ host: address.host, port: address.port });
    const connection = this.#attach(socket, peer, { onHello: () => undefined, onClosed });
    connection.send(encodeHello({ from: this.#node, to: peer }));
    return connection;
  }

  #accept(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    // A port that is open to scanners would otherwise collect connections that nobody uses, until no file is left.
    const timeoutMs = this.#helloTimeoutMs;
    let isDone = false;
    const refuse = (): void => {
      if (!isDone) this.#refuse(connection, `no hello within ${timeoutMs} ms`);
    };
    // Where all of this process was held up, the hello may be there and not read yet.
    const overdue = setTimeout(() => setImmediate(refuse), timeoutMs);
    const inTime = (): void => {
      isDone = true;
      clearTimeout(overdue);
    };
    const connection = this.#attach(socket, undefined, { onHello: inTime, onClosed: inTime });
  }

  /** Reads frames off a connection. `dialled` is the peer at its other end; undefined until it says hello. */
  #attach(
    socket: Socket,
    dialled: string | undefined,
    { onHello, onClosed }: { readonly onHello: () => void; readonly onClosed: () => void },
  ): Connection {
    let peer = dialled;
    const reader = new FrameReader(peer === undefined ? HELLO_MAX_BYTES : this.#maxMessageBytes);
    const onFrame = (type: number, body: Uint8Array): void => {
      if (!connection.isOpen) return;
      if (peer === undefined) {
        const hello = decodeHello(type, body);
        if (hello?.to !== this.#node) return this.#refuse(connection, "its hello is not for this node");
        peer = hello.from;
        onHello();
        reader.maxBodyBytes = this.#maxMessageBytes;
        this.#accepted.set(peer, connection);
      } else if (type !== CONTROL_TYPE) {
        this.#deliver(peer, type, body);
      }
    };
    const connection = new Connection(socket, {
      maxQueuedBytes: this.#options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
      onBytes: (bytes) => {
        try {
          reader.push(bytes, onFrame);
        } catch (error) {
          if (!(error instanceof SeedstormError)) throw error;
          this.#refuse(connection, error.message);
        }
      },
      onClosed: () => {
        this.#connections.delete(connection);
        if (peer !== undefined && this.#accepted.get(peer) === connection) this.#accepted.delete(peer);
        onClosed();
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  #refuse(connection: Connection, reason: string): void {
    this.#hooks.log(`network: closed a connection: ${reason}`);
    connection.destroy();
  }

  #deliver(from: string, typeId: number, body: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#handlers.get(typeId)?.(from, body);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }
}

function assertTypeId(id: number): void {
  assert(Number.isInteger(id) && id >= 0 && id < CONTROL_TYPE, "a message type's id is in [0, 2^32 - 1)");
}

function messageTooLarge(type: string, sizeBytes: number, maxBytes: number): SeedstormError {
  return new SeedstormError("MESSAGE_TOO_LARGE", {
    expected: `at most ${maxBytes} bytes`,
    found: `${sizeBytes}`,
    where: `sending a ${type}`,
    todo: "send it in parts or raise maxMessageBytes",
  });
}

function listenFailed(address: Address, error: Error): SeedstormError {
  return new SeedstormError("LISTEN_FAILED", {
    expected: "an address to listen on",
    found: error.message,
    where: `${address.host}:${address.port}`,
    todo: "choose another address or end the process that has it",
  });
}
