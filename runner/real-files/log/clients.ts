import type { Env } from "#engines/env/index.js";
import { makePayload } from "#scenarios/wal/payload.js";
import type { Maintenance, PlannedAppend } from "#scenarios/wal/plan.js";
import type { Journal } from "../journal.js";
import type { LifeOrder, LogUnderTest, Note } from "./protocol.js";

/**
 * The clients of a log, burst by burst, as the scenario `wal` has them. Everything is noted: what they are about
 * to do, before it begins, and what they were answered, as soon as they know. A log that refuses anything ends
 * the process with its error: on a sound disk there is no reason to.
 */
export class Clients {
  readonly #env: Env;
  readonly #log: LogUnderTest;
  readonly #order: LifeOrder;
  readonly #journal: Journal<Note>;
  readonly #onReached: () => void;
  #appends = 0;
  #acknowledged = 0;

  constructor(env: Env, log: LogUnderTest, order: LifeOrder, journal: Journal<Note>, onReached: () => void) {
    this.#env = env;
    this.#log = log;
    this.#order = order;
    this.#journal = journal;
    this.#onReached = onReached;
  }

  /** The whole plan. */
  async run(): Promise<void> {
    for (const { appends, after } of this.#order.plan.bursts) {
      await Promise.all(appends.map((planned, client) => this.#client(client, planned)));
      await this.#maintain(after);
    }
  }

  async #client(client: number, planned: readonly PlannedAppend[]): Promise<void> {
    for (const { records, thinkUs } of planned) {
      if (thinkUs > 0) await this.#env.clock.sleep(thinkUs);
      await this.#append(
        client,
        records.map(({ key, sizeBytes }) => ({ key: key + this.#order.firstKey, sizeBytes })),
      );
    }
  }

  async #append(
    client: number,
    records: readonly { readonly key: number; readonly sizeBytes: number }[],
  ): Promise<void> {
    const append = this.#appends++;
    this.#journal.write({ kind: "sent", append, client, records });
    const payloads = records.map(({ key, sizeBytes }) => makePayload(key, sizeBytes));
    const firstLsn =
      payloads.length === 1
        ? await this.#log.append(payloads[0]!)
        : (await this.#log.appendBatch(payloads)).firstLsn;
    this.#journal.write({ kind: "acknowledged", append, firstLsn });
    if (++this.#acknowledged === this.#order.reachAfter) this.#onReached();
  }

  /** As `WalService` does it. Reads are left to the scan of the next process. */
  async #maintain(maintenance: Maintenance): Promise<void> {
    const log = this.#log;
    switch (maintenance.kind) {
      case "none":
        return;
      case "sync":
        await log.sync();
        return;
      case "truncate-suffix": {
        const lsn = Math.max(log.lastLsn - maintenance.cutCount, log.firstLsn - 1);
        this.#journal.write({ kind: "cut-begins", lsn });
        await log.truncateSuffix(lsn);
        this.#journal.write({ kind: "cut-done" });
        return;
      }
      case "truncate-prefix": {
        const lsn = Math.max(log.lastLsn + 1 - maintenance.keepCount, 1);
        this.#journal.write({ kind: "prefix-dropped", lsn });
        await log.truncatePrefix(lsn);
      }
    }
  }
}
