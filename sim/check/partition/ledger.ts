/** What is known of one partition: who sent what to it, and what was seen in it. */
import { assert } from "#engines/env/index.js";
import type {
  At,
  LogEntry,
  PartitionBroken,
  PartitionInput,
  PartitionOperation,
  PartitionRule,
} from "./types.js";

/** A record that somebody sent. */
export interface Sent {
  readonly operation: PartitionOperation;
  readonly input: Extract<PartitionInput, { readonly kind: "send" }>;
  state: "open" | "acknowledged" | "failed";
  /** Where the acknowledgement said it is. */
  offset: At | undefined;
}

/** A record as some reader saw it. */
interface Seen {
  readonly value: string;
  /** The read that gave it. */
  readonly by: number;
}

/** What somebody was told, and what follows: leaders of `term` and of later ones say no end below `end` from then on. */
interface Told {
  readonly what: string;
  readonly operation: PartitionOperation;
  readonly end: At;
  readonly term: number;
}

export class PartitionLedger {
  readonly partition: string;
  readonly #sent: Map<string, Sent> = new Map();
  readonly #seen: Map<At, Seen> = new Map();
  /** The last end that each client was told of in its present life. */
  readonly #ends: Map<number, { readonly offset: At; readonly by: number }> = new Map();
  readonly #told: Told[] = [];

  constructor(partition: string) {
    this.partition = partition;
  }

  /** All that was sent, in the order in which it was. */
  get sent(): Iterable<Sent> {
    return this.#sent.values();
  }

  /** What readers saw, by offset. */
  get seen(): ReadonlyMap<At, Seen> {
    return this.#seen;
  }

  sentAs(value: string): Sent | undefined {
    return this.#sent.get(value);
  }

  enter(operation: PartitionOperation): void {
    const { input } = operation;
    assert(input.kind === "send" && !this.#sent.has(input.value), "every record has another value");
    this.#sent.set(input.value, { operation, input, state: "open", offset: undefined });
  }

  sentBy({ input }: PartitionOperation): Sent {
    const sent = input.kind === "send" ? this.#sent.get(input.value) : undefined;
    assert(sent !== undefined, "a record is sent before it is answered");
    return sent;
  }

  acknowledged(sent: Sent, offset: At | undefined, term: number): PartitionBroken | undefined {
    sent.state = "acknowledged";
    sent.offset = offset;
    // Without the promise to stay, it may be gone by now, and another in its place.
    if (offset === undefined || !sent.input.isPromised) return undefined;
    const { operation, input } = sent;
    this.#told.push({
      what: `${input.value} was acknowledged at ${offset}`,
      operation,
      end: offset + 1,
      term,
    });
    const seen = this.#seen.get(offset);
    if (seen === undefined || seen.value === sent.input.value) return undefined;
    const found = `${this.at(offset)} was read as ${seen.value}`;
    return broken("acknowledged-elsewhere", `${sent.input.value} was acknowledged there, but ${found}`, [
      sent.operation.id,
      seen.by,
    ]);
  }

  failed(sent: Sent): PartitionBroken | undefined {
    sent.state = "failed";
    for (const [offset, { value, by }] of this.#seen) {
      if (value === sent.input.value) return this.#failedYetThere(sent, offset, by);
    }
    return undefined;
  }

  read(
    operation: PartitionOperation,
    from: At,
    entries: readonly LogEntry[],
    isGapless: boolean,
  ): PartitionBroken | undefined {
    let next = from;
    for (const { offset, value, key } of entries) {
      if (offset < next || (isGapless && offset !== next)) {
        return broken("read-wrong", `a read came to ${this.at(offset)}, where ${next} was due`, [
          operation.id,
        ]);
      }
      next = offset + 1;
      const wrong =
        this.checkEntry(offset, value, key, operation.id) ?? this.#see(offset, value, operation.id);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  end(operation: PartitionOperation, offset: At, term: number): PartitionBroken | undefined {
    const { id, client, invokedAt } = operation;
    const said = `${this.partition} was said to end at ${offset}`;
    const last = this.#ends.get(client);
    if (last !== undefined && offset < last.offset) {
      return broken("end-went-back", `${said}, and to end at ${last.offset} before`, [last.by, id]);
    }
    this.#ends.set(client, { offset, by: id });
    const known = this.#told.find(
      (told) => told.term <= term && told.end > offset && told.operation.answeredAt! < invokedAt,
    );
    this.#told.push({ what: `it was said to end at ${offset}`, operation, end: offset, term });
    if (known === undefined) return undefined;
    const before = `${known.what} before, in term ${known.term} or an earlier one`;
    const message = `${said} by the leader of term ${term}, but ${before}`;
    return broken("end-stale", message, [known.operation.id, id]);
  }

  /** A client that starts anew has forgotten what it was told, and may ask a leader that was deposed meanwhile. */
  restarted(client: number): void {
    this.#ends.delete(client);
  }

  /** What is wrong with finding `value` at `offset` at all. `by`: who found it; -1 for the end of the run. */
  checkEntry(offset: At, value: string, key: string | undefined, by: number): PartitionBroken | undefined {
    const sent = this.#sent.get(value);
    if (sent === undefined || sent.input.key !== key) {
      const under = key === undefined ? "" : ` under the key ${key}`;
      return broken("never-sent", `${this.at(offset)} is ${value}${under}, which nobody sent there`, ids(by));
    }
    if (sent.state === "failed") return this.#failedYetThere(sent, offset, by);
    if (sent.offset === undefined || sent.offset === offset || !sent.input.isOnce) return undefined;
    const message = `${value} was acknowledged at ${sent.offset}, and is at ${this.at(offset)}`;
    return broken("acknowledged-elsewhere", message, [sent.operation.id, ...ids(by)]);
  }

  at(offset: At): string {
    return `${this.partition}@${offset}`;
  }

  #see(offset: At, value: string, by: number): PartitionBroken | undefined {
    const seen = this.#seen.get(offset);
    if (seen === undefined) this.#seen.set(offset, { value, by });
    if (seen === undefined || seen.value === value) return undefined;
    return broken("read-changed", `${this.at(offset)} was read as ${seen.value}, and then as ${value}`, [
      seen.by,
      by,
    ]);
  }

  #failedYetThere(sent: Sent, offset: At, by: number): PartitionBroken {
    const message = `${sent.input.value} was reported as not appended, and is at ${this.at(offset)}`;
    return broken("failed-yet-there", message, [sent.operation.id, ...ids(by)]);
  }
}

export function broken(rule: PartitionRule, message: string, operations: readonly number[]): PartitionBroken {
  return { rule, message, operations };
}

function ids(by: number): number[] {
  return by < 0 ? [] : [by];
}
