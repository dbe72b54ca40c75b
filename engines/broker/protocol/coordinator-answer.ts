import type { ByteReader, Sink } from "../../bytes/index.js";
import { defineRpc, fieldsCodec, type Fields, type RpcType } from "../../rpc/index.js";
import { putFlag, putOptional, readCode, readFlag, readOptional } from "./fields.js";
import type { CoordinatorAnswer } from "./group-types.js";

/** What a call to a coordinator gives: refused calls say why. */
export type CoordinatorCall<Request, T> = RpcType<Request, CoordinatorAnswer<T>>;

const VERSION = 1;

export function coordinatorCall<Request, T>(
  id: number,
  name: string,
  request: Fields<Request>,
  value: Fields<T>,
): CoordinatorCall<Request, T> {
  return defineRpc({
    id,
    name,
    request: fieldsCodec(`a ${name}`, VERSION, request),
    response: fieldsCodec<CoordinatorAnswer<T>>(`the answer to ${name}`, VERSION, {
      put: (sink, answer) => putAnswer(sink, answer, value),
      read: (reader) => readAnswer(reader, value),
    }),
  });
}

function putAnswer<T>(sink: Sink, answer: CoordinatorAnswer<T>, value: Fields<T>): void {
  putFlag(sink, answer.ok);
  if (answer.ok) {
    value.put(sink, answer.value);
    return;
  }
  sink.text(answer.code);
  sink.text(answer.found);
  putOptional(sink, answer.memberId, (to, memberId) => to.text(memberId));
}

function readAnswer<T>(reader: ByteReader, value: Fields<T>): CoordinatorAnswer<T> {
  if (readFlag(reader)) return { ok: true, value: value.read(reader) };
  const [code, found] = [readCode(reader), reader.text()];
  const memberId = readOptional(reader, (from) => from.text());
  return memberId === undefined ? { ok: false, code, found } : { ok: false, code, found, memberId };
}
