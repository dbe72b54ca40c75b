import type { BrokerEvent } from "#engines/broker/events.js";
import type { BrokerState, MetadataRecord } from "#engines/broker/metadata/types.js";
import type { BrokerId, Offset } from "#engines/broker/types.js";
import type { Incarnation } from "#sim/process.js";

export interface MetadataChecksOptions {
  readonly fail: (rule: string, message: string) => void;
  /** Is told each record, once, in the order of the log. */
  readonly agreed: (record: MetadataRecord) => void;
}

/** One log of metadata: controllers agree on it, and what a broker goes by is a prefix of it. */
export class MetadataChecks {
  readonly #options: MetadataChecksOptions;
  /** The digest of the metadata behind each offset, as the first controller told it. */
  readonly #digests: Map<Offset, number> = new Map();
  #end: Offset = 0;
  /** Up to where each broker goes by the metadata, in which life. */
  readonly #followed: Map<BrokerId, { readonly by: Incarnation; readonly offset: Offset }> = new Map();
  readonly #registered: Map<BrokerId, Incarnation> = new Map();
  /** As the controllers agree. */
  readonly #brokers: Map<BrokerId, BrokerState> = new Map();

  constructor(options: MetadataChecksOptions) {
    this.#options = options;
  }

  /** Whether this broker is registered as it is, and knows all that the controllers have agreed on. */
  isCurrent(broker: BrokerId): boolean {
    const followed = this.#followed.get(broker);
    if (followed?.by.alive !== true || this.#registered.get(broker) !== followed.by) return false;
    return followed.offset === this.#end;
  }

  /** What the controllers agree on of this broker; undefined before it has registered. */
  broker(broker: BrokerId): BrokerState | undefined {
    return this.#brokers.get(broker);
  }

  registered(by: Incarnation): void {
    this.#registered.set(by.node.name, by);
  }

  /** A controller has applied some of the log. */
  applied({ offset, digest, records }: Extract<BrokerEvent, { readonly kind: "controller/applied" }>): void {
    const known = this.#digests.get(offset);
    if (known === undefined) {
      this.#digests.set(offset, digest);
      if (offset > this.#end) for (const record of records) this.#note(record);
      this.#end = Math.max(this.#end, offset);
    } else if (known !== digest) {
      const message = `two controllers differ at offset ${offset} of the metadata`;
      this.#options.fail("metadata-differs", message);
    }
  }

  /** A broker has applied it up to there. */
  followed(
    by: Incarnation,
    { offset, digest }: Extract<BrokerEvent, { readonly kind: "broker/metadata-applied" }>,
  ): void {
    const broker = by.node.name;
    const known = this.#digests.get(offset);
    this.#followed.set(broker, { by, offset });
    if (known === digest) return;
    const found = known === undefined ? "no controller had come that far" : "it has something else";
    const message = `${broker} has applied the metadata up to ${offset}, but ${found}`;
    this.#options.fail("metadata-not-a-prefix", message);
  }

  #note(record: MetadataRecord): void {
    if (record.kind === "broker") this.#brokers.set(record.broker.id, record.broker);
    this.#options.agreed(record);
  }
}
