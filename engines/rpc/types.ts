/**
 * What goes over the wire: a request and a response for each call, each its own kind of message.
 *
 *     request    version | caller | call | server | oldest | body: length, bytes
 *     response   version | caller | call | kind 0 | body: length, bytes                      the answer
 *                                        | kind 1 | code | expected | found | where | todo   what the handler threw
 *                                        | kind 2 | server                                   a reset
 *
 * The version is a byte, all else fields as in `codec.ts`.
 */
import type { ByteReader, Sink } from "../bytes/index.js";
import { assert, type ErrorParts, type MessageType } from "../env/index.js";
import { fieldsCodec, type Fields, type RpcCodec } from "./codec.js";

const VERSION = 1;
const MAX_ID = 0xfffffffe;

/** A number from `drawToken`: a client or a server in one life of its node. */
export type Token = number;

/** Stands for no server that ever ran. */
export const NO_SERVER: Token = 0;

export interface RequestFrame<Request> {
  readonly caller: Token;
  /** Counts from 1 for each caller, over all its servers. */
  readonly call: number;
  /** For whom alone the request is; `NO_SERVER` where the caller does not know the server yet. */
  readonly server: Token;
  /** The caller waits for no call before this one. */
  readonly oldest: number;
  readonly body: Request;
}

export interface ResponseFrame<Response> {
  readonly caller: Token;
  readonly call: number;
  readonly result: RpcResult<Response>;
}

export type RpcResult<Response> =
  | { readonly kind: "answer"; readonly body: Response }
  | { readonly kind: "error"; readonly code: string; readonly parts: ErrorParts }
  /** The request was not for this server, which did nothing. `server` is what to address it by. */
  | { readonly kind: "reset"; readonly server: Token };

/** A kind of call. Made by `defineRpc`, once, and shared by both ends. */
export interface RpcType<Request, Response> {
  readonly id: number;
  readonly name: string;
  readonly requestMessage: MessageType<RequestFrame<Request>>;
  readonly responseMessage: MessageType<ResponseFrame<Response>>;
}

export interface RpcDefinition<Request, Response> {
  /** Even. The ids of message types `id` and `id + 1` belong to this call, see `MessageType`. */
  readonly id: number;
  readonly name: string;
  readonly request: RpcCodec<Request>;
  readonly response: RpcCodec<Response>;
}

export function defineRpc<Request, Response>(
  definition: RpcDefinition<Request, Response>,
): RpcType<Request, Response> {
  const { id, name, request, response } = definition;
  assert(Number.isInteger(id) && id >= 0 && id < MAX_ID && id % 2 === 0, "a call's id is even");
  const requests = fieldsCodec(`a ${name} request`, VERSION, REQUEST);
  const responses = fieldsCodec(`a ${name} response`, VERSION, RESPONSE);
  return {
    id,
    name,
    requestMessage: {
      id,
      name: `${name} request`,
      encode: (frame) => requests.encode(withBody(frame, request.encode(frame.body))),
      decode(bytes) {
        const frame = requests.decode(bytes);
        return withBody(frame, request.decode(frame.body));
      },
    },
    responseMessage: {
      id: id + 1,
      name: `${name} response`,
      encode: (frame) => responses.encode(withAnswer(frame, (body) => response.encode(body))),
      decode: (bytes) => withAnswer(responses.decode(bytes), (body) => response.decode(body)),
    },
  };
}

/** Bodies are bytes already: each is encoded once, but put twice. */
const REQUEST: Fields<RequestFrame<Uint8Array>> = {
  put(sink, { caller, call, server, oldest, body }) {
    sink.integer(caller);
    sink.integer(call);
    sink.integer(server);
    sink.integer(oldest);
    sink.bytes(body);
  },
  read: (reader) => ({
    caller: reader.integer(),
    call: reader.integer(),
    server: reader.integer(),
    oldest: reader.integer(),
    body: reader.bytes(),
  }),
};

function withBody<T, U>({ caller, call, server, oldest }: RequestFrame<T>, body: U): RequestFrame<U> {
  return { caller, call, server, oldest, body };
}

const RESPONSE: Fields<ResponseFrame<Uint8Array>> = {
  put(sink, { caller, call, result }) {
    sink.integer(caller);
    sink.integer(call);
    putResult(sink, result);
  },
  read: (reader) => ({ caller: reader.integer(), call: reader.integer(), result: readResult(reader) }),
};

function withAnswer<T, U>(
  { caller, call, result }: ResponseFrame<T>,
  convert: (body: T) => U,
): ResponseFrame<U> {
  if (result.kind !== "answer") return { caller, call, result };
  return { caller, call, result: { kind: "answer", body: convert(result.body) } };
}

const ANSWER = 0;
const ERROR = 1;
const RESET = 2;

function putResult(sink: Sink, result: RpcResult<Uint8Array>): void {
  switch (result.kind) {
    case "answer":
      sink.integer(ANSWER);
      sink.bytes(result.body);
      break;
    case "error":
      sink.integer(ERROR);
      sink.text(result.code);
      putParts(sink, result.parts);
      break;
    case "reset":
      sink.integer(RESET);
      sink.integer(result.server);
      break;
  }
}

function readResult(reader: ByteReader): RpcResult<Uint8Array> {
  const kind = reader.integer();
  switch (kind) {
    case ANSWER:
      return { kind: "answer", body: reader.bytes() };
    case ERROR:
      return { kind: "error", code: reader.text(), parts: readParts(reader) };
    case RESET:
      return { kind: "reset", server: reader.integer() };
    default:
      return reader.fail("a kind of response", `${kind}`);
  }
}

/**
 * The parts of an error as four fields. They are for people, and no error must be lost over how it is worded:
 * lone surrogates are replaced.
 */
export function putParts(sink: Sink, { expected, found, where, todo }: ErrorParts): void {
  for (const part of [expected, found, where, todo]) sink.text(wellFormed(part));
}

export function readParts(reader: ByteReader): ErrorParts {
  return { expected: reader.text(), found: reader.text(), where: reader.text(), todo: reader.text() };
}

const UTF8_ENCODER = new TextEncoder();
const UTF8_DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

function wellFormed(text: string): string {
  return UTF8_DECODER.decode(UTF8_ENCODER.encode(text));
}
