import { assert } from "../../../env/index.js";
import type { RpcClient } from "../../../rpc/index.js";
import { BrokerError, isRetriable, type BrokerErrorCode } from "../../errors.js";
import {
  END_TXN,
  INIT_TRANSACTIONS,
  TXN_OFFSET_COMMIT,
  type CoordinatorKind,
  type MemberStamp,
  type OffsetToCommit,
  type ProducerIdentity,
} from "../../protocol/index.js";
import type { ClusterView } from "../cluster-view.js";
import { CoordinatorLink } from "../coordinator-link.js";
import type { ProducerSettings } from "./options.js";

/**
 * `flushing`: a commit waits for the records. `broken`: it can only be aborted. `committing`, `aborting`: the coordinator
 * has been asked, or is about to be, and has not answered yet.
 */
type Phase = "none" | "open" | "flushing" | "broken" | "committing" | "aborting";

export type TransactionalSettings = ProducerSettings & { readonly transactionalId: string };

/** After these another producer has the id: this one gets no further. */
const FENCED: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "PRODUCER_FENCED",
  "INVALID_PRODUCER_ID_MAPPING",
]);

/** The transactions of one producer, one after the other, and those who coordinate them (KIP-98, KIP-447, KIP-890). */
export class ProducerTransactions {
  readonly #rpc: RpcClient;
  readonly #cluster: ClusterView;
  readonly #settings: TransactionalSettings;
  readonly #link: CoordinatorLink;
  readonly #groups: Map<string, CoordinatorLink> = new Map();
  #identity: ProducerIdentity | undefined;
  #phase: Phase = "none";
  /** Whether there is anything to commit or to abort. */
  #hasContent = false;
  /** Something is asked for that nothing may overtake. */
  #isBusy = false;
  /** Offsets are on their way that may yet replace what is sent after them. */
  #hasStrayOffsets = false;
  #fatal: BrokerError | undefined;

  private constructor(rpc: RpcClient, cluster: ClusterView, settings: TransactionalSettings) {
    this.#rpc = rpc;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#link = this.#linkTo("transaction", settings.transactionalId);
  }

  /** Fences all earlier producers of the id, and ends what they have left open. Rejects as `Producer.open` does. */
  static async open(
    rpc: RpcClient,
    cluster: ClusterView,
    settings: TransactionalSettings,
  ): Promise<ProducerTransactions> {
    const transactions = new ProducerTransactions(rpc, cluster, settings);
    const { transactionalId, transactionTimeoutUs: timeoutUs, deliveryTimeoutUs } = settings;
    const deadlineUs = rpc.env.clock.nowUs() + deliveryTimeoutUs;
    const request = { transactionalId, timeoutUs };
    const answer = await transactions.#link.callUntil(INIT_TRANSACTIONS, request, deadlineUs);
    if (!answer.ok) throw transactions.#error(answer.code, answer.found);
    transactions.#identity = answer.value;
    return transactions;
  }

  /** Of the transaction that is open, or comes next. */
  get identity(): ProducerIdentity {
    assert(this.#identity !== undefined, "a producer is open once it has its identity");
    return this.#identity;
  }

  /** Why no record is taken now; undefined where one is, which is part of the transaction then. */
  admit(): { readonly code: BrokerErrorCode; readonly found: string } | undefined {
    if (this.#fatal !== undefined) return { code: this.#fatal.code, found: this.#fatal.parts.found };
    if (this.#phase === "broken") {
      return { code: "TRANSACTION_ABORTABLE", found: "a transaction that lacks a record" };
    }
    if (this.#phase !== "open") return { code: "INVALID_TXN_STATE", found: this.#found };
    this.#hasContent = true;
    return undefined;
  }

  begin(): void {
    this.#require("none");
    this.#phase = "open";
    this.#hasContent = false;
    this.#hasStrayOffsets = false;
  }

  /** A record of the open transaction is not in the log, or nobody knows. */
  failed(code: BrokerErrorCode, found: string): void {
    if (this.#phase === "open" || this.#phase === "flushing") this.#phase = "broken";
    if (FENCED.has(code)) this.#fatal ??= this.#error(code, found);
  }

  /** See `Producer.sendOffsets`. */
  async sendOffsets(
    offsets: readonly OffsetToCommit[],
    member: MemberStamp,
    timeoutUs: number,
  ): Promise<void> {
    this.#require("open");
    if (offsets.length === 0) return;
    if (this.#hasStrayOffsets) {
      this.#phase = "broken";
      throw this.#error("TRANSACTION_ABORTABLE", "earlier offsets that may come after these");
    }
    this.#hasContent = true;
    this.#isBusy = true;
    try {
      await this.#sendOffsets(offsets, member, this.#rpc.env.clock.nowUs() + timeoutUs);
    } catch (error) {
      if (error instanceof BrokerError) this.failed(error.code, error.parts.found);
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  /** From here on no record is taken. Whether there may be some to wait for: not where an earlier call has waited. */
  beginCommit(): boolean {
    if (this.#phase === "committing") {
      this.#require("committing");
      return false;
    }
    this.#require("open");
    this.#phase = "flushing";
    return true;
  }

  /** The records take longer than the commit may: it can be called again. */
  suspendCommit(): BrokerError {
    if (this.#phase === "flushing") this.#phase = "open";
    return this.#error("REQUEST_TIMED_OUT", "records without an acknowledgement");
  }

  /** All records have ended. */
  async commit(deadlineUs: number): Promise<void> {
    this.#require("flushing", "committing");
    this.#phase = "committing";
    await this.#end(true, deadlineUs);
  }

  /** From here on no record matters. */
  beginAbort(): void {
    this.#require("open", "broken", "aborting");
    this.#phase = "aborting";
  }

  async abort(deadlineUs: number): Promise<void> {
    this.#require("aborting");
    await this.#end(false, deadlineUs);
  }

  close(): void {
    this.#fatal ??= this.#error("CLOSED", "a closed producer");
    this.#link.close();
    for (const link of this.#groups.values()) link.close();
  }

  get #found(): string {
    return this.#phase === "none" ? "no transaction" : `a transaction in phase ${this.#phase}`;
  }

  /** The same request again and again: which of them is done does not matter, and only one is (KIP-890). */
  async #end(isCommit: boolean, deadlineUs: number): Promise<void> {
    if (this.#hasContent) {
      const { transactionalId } = this.#settings;
      this.#isBusy = true;
      const request = { ...this.identity, transactionalId, isCommit };
      const answer = await this.#link.callUntil(END_TXN, request, deadlineUs);
      this.#isBusy = false;
      if (!answer.ok) {
        const error = this.#error(answer.code, answer.found);
        if (!error.isRetriable) this.#fatal ??= error;
        throw error;
      }
      this.#identity = answer.value;
    }
    this.#phase = "none";
  }

  async #sendOffsets(
    offsets: readonly OffsetToCommit[],
    member: MemberStamp,
    deadlineUs: number,
  ): Promise<void> {
    const { transactionalId, requestTimeoutUs } = this.#settings;
    const { clock } = this.#rpc.env;
    const link = this.#linkToGroup(member.group);
    const request = { ...member, offsets, transactionalId, ...this.identity };
    for (let leftUs = deadlineUs - clock.nowUs(); ;) {
      const attemptUs = Math.min(requestTimeoutUs, Math.max(1, leftUs));
      const answer = await link.call(TXN_OFFSET_COMMIT, request, attemptUs);
      if (answer.ok) return;
      if (answer.code === "REQUEST_TIMED_OUT") this.#hasStrayOffsets = true;
      leftUs = deadlineUs - clock.nowUs();
      if (!isRetriable(answer.code) || leftUs <= 0) throw this.#error(answer.code, answer.found);
      await link.pause(leftUs);
    }
  }

  #linkToGroup(group: string): CoordinatorLink {
    let link = this.#groups.get(group);
    if (link === undefined) {
      link = this.#linkTo("group", group);
      this.#groups.set(group, link);
    }
    return link;
  }

  #linkTo(kind: CoordinatorKind, id: string): CoordinatorLink {
    const { requestTimeoutUs, retryBackoffUs } = this.#settings;
    return new CoordinatorLink(this.#rpc, this.#cluster, { kind, id, requestTimeoutUs, retryBackoffUs });
  }

  /** Throws what ended it all, TRANSACTION_ABORTABLE, and INVALID_TXN_STATE. */
  #require(...phases: readonly Phase[]): void {
    if (this.#fatal !== undefined) throw this.#fatal;
    if (this.#isBusy) throw this.#error("INVALID_TXN_STATE", "a call that has not ended");
    if (phases.includes(this.#phase)) return;
    const code = this.#phase === "broken" ? "TRANSACTION_ABORTABLE" : "INVALID_TXN_STATE";
    throw this.#error(code, this.#found);
  }

  #error(code: BrokerErrorCode, found: string): BrokerError {
    return new BrokerError(code, {
      expected: "a transaction that can go on",
      found,
      where: `transactional id ${this.#settings.transactionalId}`,
      todo: isRetriable(code) ? "call again" : "abort, or open another producer",
    });
  }
}
