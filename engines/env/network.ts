/**
 * Messages between named nodes. Unreliable by contract: lost, late, twice and out of order are all legal. Wrong
 * bytes are not: a frame whose checksum doesn't fit is lost.
 */

/**
 * A kind of message and its bytes. The value is immutable from `send` on: the simulator may hand the very
 * same object to the receiver.
 */
export interface MessageType<T> {
  /** In [0, 2^32 - 1), unique in a cluster and stable across program versions; it is what the frame carries. */
  readonly id: number;
  readonly name: string;
  /** The array must not be changed afterwards. */
  encode(value: T): Uint8Array;
  /**
   * Throws a `SeedstormError` on bytes it does not understand: the message is lost then. The bytes never
   * change, so a value may hold views of them.
   */
  decode(bytes: Uint8Array): T;
}

export interface Network {
  /**
   * Sends and forgets. Unknown or unreachable nodes are not an error: the message is lost. A node may send to
   * itself. No handler runs before `send` has returned.
   */
  send<T>(to: string, type: MessageType<T>, value: T): void;
  /**
   * Calls `handler` for each message of this type that arrives from now on; one handler a type, the last one
   * given stays. A message without a handler is lost. What a handler throws is an uncaught error of its node.
   */
  receive<T>(type: MessageType<T>, handler: (from: string, value: T) => void): void;
}
