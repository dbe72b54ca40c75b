import { BrokerError, type BrokerErrorCode } from "../errors.js";

/** Why a coordinator does not do what a producer of this id, or a leader for it, asks for. */
export function refusal(code: BrokerErrorCode, found: string, transactionalId: string): BrokerError {
  return new BrokerError(code, {
    expected: "a request that the transaction can take",
    found,
    where: `transactional id ${transactionalId}`,
    todo: "do what the code asks for",
  });
}
