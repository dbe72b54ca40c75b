import { BrokerError, type BrokerErrorCode } from "../../errors.js";
import type { CoordinatorRefusal, MemberStamp } from "../../protocol/index.js";
import type { GroupSettings } from "./options.js";

export const NO_GENERATION = -1;

/** Who a member is to its group, and what has put it out. */
export class Standing {
  readonly #settings: GroupSettings;
  memberId = "";
  /** The member's epoch, where the coordinator assigns (KIP-848); `NO_GENERATION` while it is in none. */
  generation: number = NO_GENERATION;
  /** Once and for all. */
  hasJoined = false;
  /** All that it had is gone, and nobody has picked that up yet. */
  hasLost = false;
  #lostBy: CoordinatorRefusal | undefined;
  #fatal: BrokerError | undefined;

  constructor(settings: GroupSettings) {
    this.#settings = settings;
  }

  get isOutForGood(): boolean {
    return this.#fatal !== undefined;
  }

  get stamp(): MemberStamp {
    const { group, instanceId } = this.#settings;
    return { group, memberId: this.memberId, instanceId, generation: this.generation };
  }

  /** It is in a generation. */
  entered(generation: number): void {
    this.generation = generation;
    this.hasJoined = true;
    this.#lostBy = undefined;
  }

  left(): void {
    this.generation = NO_GENERATION;
  }

  lost(refusal: CoordinatorRefusal): void {
    this.left();
    this.#lostBy = refusal;
    this.hasLost = true;
  }

  /** Nothing will let it in again. */
  end({ code, found }: CoordinatorRefusal, todo: string): void {
    this.#fatal = this.error(code, found, todo);
  }

  throwIfOutForGood(): void {
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  /** Of what asks for a member, while it is none. */
  outError(): BrokerError {
    const { code, found } = this.#lostBy ?? { code: "UNKNOWN_MEMBER_ID", found: "one that never joined" };
    return this.error(code, found, "poll, to join anew");
  }

  joiningError(): BrokerError {
    return this.error("REBALANCE_IN_PROGRESS", "one that joins", "poll, and commit then");
  }

  error(code: BrokerErrorCode, found: string, todo: string): BrokerError {
    const where = `group ${this.#settings.group}`;
    return new BrokerError(code, { expected: "a member of the present generation", found, where, todo });
  }
}
