import { defineRpc, fieldsCodec, type Fields, type RpcType } from "../../rpc/index.js";
import type { BrokerErrorCode } from "../errors.js";
import { putFlag, readCode, readFlag } from "./fields.js";

/** What was asked for, or why it was refused; `More` of a refusal. */
export type Answer<T, More> =
  | { readonly ok: true; readonly value: T }
  | ({ readonly ok: false; readonly code: BrokerErrorCode; readonly found: string } & More);

const VERSION = 1;

/** A call whose answer is a value or a refusal. `more` stands behind a refusal's code and words. */
export function answeredCall<Request, T, More extends object>(
  id: number,
  name: string,
  request: Fields<Request>,
  value: Fields<T>,
  more: Fields<More>,
): RpcType<Request, Answer<T, More>> {
  return defineRpc({
    id,
    name,
    request: fieldsCodec(`a ${name}`, VERSION, request),
    response: fieldsCodec<Answer<T, More>>(`the answer to ${name}`, VERSION, {
      put(sink, answer) {
        putFlag(sink, answer.ok);
        if (answer.ok) {
          value.put(sink, answer.value);
          return;
        }
        sink.text(answer.code);
        sink.text(answer.found);
        more.put(sink, answer);
      },
      read: (reader) =>
        readFlag(reader)
          ? { ok: true, value: value.read(reader) }
          : { ok: false, code: readCode(reader), found: reader.text(), ...more.read(reader) },
    }),
  });
}
