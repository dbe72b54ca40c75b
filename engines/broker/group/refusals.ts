import { BrokerError, type BrokerErrorCode } from "../errors.js";

/** Why a coordinator does not do what a member of `group` asks for. */
export function refusal(code: BrokerErrorCode, found: string, group: string): BrokerError {
  const todo = "do what the code asks for";
  return new BrokerError(code, {
    expected: "a request that the group can take",
    found,
    where: `group ${group}`,
    todo,
  });
}

/** MEMBER_ID_REQUIRED, with the id (KIP-394). */
export class MemberIdRequired extends BrokerError {
  readonly memberId: string;

  constructor(memberId: string, group: string) {
    super("MEMBER_ID_REQUIRED", {
      expected: "a member id",
      found: "a new member",
      where: `group ${group}`,
      todo: "join again under the id that comes with this",
    });
    this.memberId = memberId;
  }
}

/** Who asked for nothing misses nothing: the next coordinator, or the next look, sees to it. */
export async function tolerating(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
  }
}
