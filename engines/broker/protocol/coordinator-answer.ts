import type { Fields, RpcType } from "../../rpc/index.js";
import { answeredCall } from "./answered-call.js";
import { putOptional, readOptional } from "./fields.js";
import type { CoordinatorAnswer, CoordinatorRefusal } from "./group-types.js";

/** What a call to a coordinator gives: refused calls say why. */
export type CoordinatorCall<Request, T> = RpcType<Request, CoordinatorAnswer<T>>;

const MEMBER: Fields<Pick<CoordinatorRefusal, "memberId">> = {
  put: (sink, { memberId }) => putOptional(sink, memberId, (to, given) => to.text(given)),
  read(reader) {
    const memberId = readOptional(reader, (from) => from.text());
    return memberId === undefined ? {} : { memberId };
  },
};

export function coordinatorCall<Request, T>(
  id: number,
  name: string,
  request: Fields<Request>,
  value: Fields<T>,
): CoordinatorCall<Request, T> {
  return answeredCall(id, name, request, value, MEMBER);
}
