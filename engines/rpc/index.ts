/**
 * Requests and responses over `env.network`: what engines use where a message wants an answer.
 *
 * What lives here: `RpcClient` and `RpcServer`, `defineRpc`, which makes a kind of call from two codecs, and
 * `fieldsCodec`, which makes a codec from the fields of a value; `jittered`, for the waits of those who call again.
 *
 * What it promises: a call ends exactly once, with an answer or with a typed error, by its timeout at the
 * latest. Its handler runs at most once, however often the network delivers the request and whenever the
 * server restarts. `RpcError.outcome` is `failed` only where the handler has not run for the call and never
 * will. Answers that come late, twice, or for an earlier life of the caller are dropped. A call costs one
 * timer, which goes with it.
 *
 * What it does not: nothing is sent again, but for the first call to a server that the client does not know
 * yet or that restarted, which costs one round trip more. It bounds the calls that are open at a client, not
 * the handlers that run at a server. Whoever handles what a request does twice, over two calls, has to tell
 * them apart itself.
 */

export type { ByteReader, Sink } from "../bytes/index.js";
export { RpcClient, type RpcCall, type RpcClientOptions } from "./client.js";
export { NO_FIELDS, fieldsCodec, type Fields, type RpcCodec } from "./codec.js";
export { RpcError, RpcRemoteError, type RpcErrorCode, type RpcOutcome } from "./errors.js";
export { jittered } from "./jitter.js";
export { RpcServer } from "./server.js";
export {
  defineRpc,
  putParts,
  readParts,
  type RequestFrame,
  type ResponseFrame,
  type RpcDefinition,
  type RpcResult,
  type RpcType,
} from "./types.js";
