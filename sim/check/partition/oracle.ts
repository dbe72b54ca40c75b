import { assert } from "#engines/env/index.js";
import { History } from "../history.js";
import { judgeFinal } from "./final-log.js";
import { PartitionLedger, type Sent } from "./ledger.js";
import type {
  At,
  FinalLog,
  LogEntry,
  PartitionAnswer,
  PartitionBroken,
  PartitionInput,
  PartitionOperation,
  PartitionRule,
} from "./types.js";

type SendInput = Extract<PartitionInput, { readonly kind: "send" }>;

export interface PartitionOracleOptions {
  /**
   * What may be lost without being a finding: `nothing`, or `any`thing, where somebody may lead who has not all that
   * was acknowledged. Losses are counted then; every other rule holds.
   */
  readonly mayLose: () => "nothing" | "any";
}

/** Is told what clients of partitioned logs asked for and were answered. A rule that broke is returned where it is seen. */
export class PartitionOracle {
  readonly history: History<PartitionInput, PartitionAnswer> = new History();
  readonly #options: PartitionOracleOptions;
  readonly #ledgers: Map<string, PartitionLedger> = new Map();
  #lost = 0;

  constructor(options: PartitionOracleOptions) {
    this.#options = options;
  }

  /** Records that were acknowledged or read, and are gone, where that may be. */
  get lost(): number {
    return this.#lost;
  }

  /** A producer hands in a record. Its order among those of one client is that of these calls. */
  send(client: number, input: Omit<SendInput, "kind">): PartitionOperation {
    const operation = this.history.invoke(client, { kind: "send", ...input });
    this.#ledger(input.partition).enter(operation);
    return operation;
  }

  /** `term`: of the leader that acknowledged it, or a later one that somebody may lead in by now. */
  acknowledged(
    operation: PartitionOperation,
    offset: At | undefined,
    term: number,
  ): PartitionBroken | undefined {
    const sent = this.#sent(operation);
    this.history.ok(operation, { kind: "sent", offset, term });
    return this.#report(this.#ledger(sent.input.partition).acknowledged(sent, offset, term));
  }

  /** It certainly is not in the log and never will be. */
  failed(operation: PartitionOperation, reason: string): PartitionBroken | undefined {
    const sent = this.#sent(operation);
    this.history.failed(operation, reason);
    return this.#report(this.#ledger(sent.input.partition).failed(sent));
  }

  unknown(operation: PartitionOperation, reason: string): void {
    this.history.unknown(operation, reason);
  }

  asked(client: number, input: Exclude<PartitionInput, SendInput>): PartitionOperation {
    return this.history.invoke(client, input);
  }

  /** A reader got these. `isGapless`: nothing may be missing between them, nor between the first and where it began. */
  read(
    operation: PartitionOperation,
    entries: readonly LogEntry[],
    isGapless: boolean,
  ): PartitionBroken | undefined {
    const { input } = operation;
    assert(input.kind === "read", "records answer a read");
    this.history.ok(operation, { kind: "records", count: entries.length });
    return this.#report(this.#ledger(input.partition).read(operation, input.from, entries, isGapless));
  }

  /**
   * A client was told of an end, by the leader of `term`. For that client it does not go back. For anybody it is above all
   * that leaders up to this one's term had acknowledged before it was asked for, and not below the ends that they had said:
   * whoever leads next waits until it knows what its predecessors committed (KIP-207). Of later terms nothing follows: a
   * leader that was deposed and does not know may be behind.
   */
  end(operation: PartitionOperation, offset: At, term: number): PartitionBroken | undefined {
    const { input } = operation;
    assert(input.kind === "end", "an end answers the question for it");
    this.history.ok(operation, { kind: "end", offset, term });
    return this.#report(this.#ledger(input.partition).end(operation, offset, term));
  }

  /** A client's process has ended. The next one under its number knows nothing of what this one was told. */
  restarted(client: number): void {
    for (const ledger of this.#ledgers.values()) ledger.restarted(client);
  }

  /** What each partition holds when all has become well. Every broken rule, the first of each kind. */
  finish(logs: readonly FinalLog[]): PartitionBroken[] {
    const broken: PartitionBroken[] = [];
    for (const log of logs) {
      for (const each of judgeFinal(this.#ledger(log.partition), log)) {
        const reported = this.#report(each);
        if (reported !== undefined) broken.push(reported);
      }
    }
    return broken;
  }

  #ledger(partition: string): PartitionLedger {
    let ledger = this.#ledgers.get(partition);
    if (ledger === undefined) this.#ledgers.set(partition, (ledger = new PartitionLedger(partition)));
    return ledger;
  }

  #sent(operation: PartitionOperation): Sent {
    assert(operation.input.kind === "send", "a record was sent");
    return this.#ledger(operation.input.partition).sentBy(operation);
  }

  #report(broken: PartitionBroken | undefined): PartitionBroken | undefined {
    if (broken === undefined || this.#options.mayLose() === "nothing") return broken;
    if (LOST_RECORDS.has(broken.rule)) this.#lost++;
    else if (!LOST_ENDS.has(broken.rule)) return broken;
    return undefined;
  }
}

/** What a log shows that has lost its end and gone on: of its records, and of where it was said to end. */
const LOST_RECORDS: ReadonlySet<PartitionRule> = new Set<PartitionRule>([
  "acknowledged-lost",
  "acknowledged-elsewhere",
  "read-changed",
  "latest-lost",
]);
const LOST_ENDS: ReadonlySet<PartitionRule> = new Set<PartitionRule>(["end-went-back", "end-stale"]);
