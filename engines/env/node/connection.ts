import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";

export interface ConnectionOptions {
  /** Frames that would make the bytes not yet handed to the kernel exceed this are lost. */
  readonly maxQueuedBytes: number;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Called once, also where the connection was never made. */
  readonly onClosed: () => void;
}

/** One TCP connection in either direction. Whatever goes wrong with it ends in `onClosed`, without an error. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #lastHeardMs: number = performance.now();
  #corked = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array) => {
      this.#lastHeardMs = performance.now();
      options.onBytes(bytes);
    });
    // Refused, reset, timed out: for a best-effort link all the same. Node emits "close" next.
    socket.on("error", () => undefined);
    socket.on("close", options.onClosed);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** For how long the other end has been silent; counted from the dialling where it never spoke. */
  silentMs(): number {
    return performance.now() - this.#lastHeardMs;
  }

  /** Queues a frame, also while the connection is being made. Drops it where the queue is full. */
  send(frame: Uint8Array): void {
    if (!this.isOpen || this.#socket.writableLength + frame.length > this.#options.maxQueuedBytes) return;
    if (!this.#corked) {
      // All that is sent in one turn of the event loop leaves in one system call.
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frame);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
