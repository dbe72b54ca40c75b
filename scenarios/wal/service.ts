/**
 * The process under test: opens the log, tells the oracle what it holds, and serves its clients burst by burst.
 * It stands for a database; the clients are threads of it and die with it.
 */
import { isDiskError, type Env, type Observation } from "#engines/env/index.js";
import { Wal, WalDamagedError, WalError, type WalEvent } from "#engines/wal/index.js";
import type { Append, Broken, LogOracle, RecoveredRecord } from "#sim/check/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import type { Incarnation, Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { allRecords } from "./all-records.js";
import type { Service } from "./harness.js";
import { IntervalPromise } from "./interval-promise.js";
import { writersOf } from "./narration.js";
import { makePayload } from "./payload.js";
import type { Burst, Maintenance, Plan, PlannedAppend } from "./plan.js";

/** What a log that can't be opened for the moment says. Anything else is a finding. */
const OPEN_AGAIN_LATER: ReadonlySet<string> = new Set(["WAL_NO_SPACE", "WAL_SYNC_FAILED", "WAL_IO_FAILED"]);
/** What a log can't go on after. */
const DEVICE_FAILURES: readonly FaultKind[] = [
  "fsync-eio-clean",
  "fsync-eio-late",
  "fsync-eio-revert",
  "read-eio",
  "bit-rot",
  "lost-write",
  "misdirected-read",
  "misdirected-write",
  "stale-read",
];
const RETRY_AFTER_NO_SPACE_US = 100_000;

/** One incarnation and the log that it has open. */
interface Life {
  readonly env: Env;
  readonly self: Incarnation;
  readonly wal: Wal;
}

export class WalService implements Service {
  readonly #run: Run;
  readonly #plan: Plan;
  readonly #oracle: LogOracle;
  readonly #prefix: string;
  /** Whether an acknowledgement promises to survive a power loss. */
  readonly #durableAck: boolean;
  readonly #interval: IntervalPromise | undefined;
  #burst = 0;
  /** Next append of each client in the present burst. */
  #next: number[] = [];
  #maintained = false;
  /** The machine lost power, or a sync failed, since the log was last seen open. */
  #cacheLost = false;
  /** The log is read-only; this incarnation has to end. */
  #ended = false;
  #opened = false;
  #damage: WalDamagedError | undefined;

  /** `prefix` begins the names of the findings, as in `wal/acknowledged-lost`. */
  constructor(run: Run, plan: Plan, oracle: LogOracle, prefix: string) {
    this.#run = run;
    this.#plan = plan;
    this.#oracle = oracle;
    this.#prefix = prefix;
    const policy = plan.wal.policy!;
    this.#durableAck = policy.kind === "each" || policy.kind === "group";
    if (policy.kind === "interval") this.#interval = new IntervalPromise(run.world, policy.intervalUs);
    run.tellClients(writersOf(oracle));
    run.world.listen((_from, event) => this.#observed(event));
  }

  get done(): boolean {
    return this.#burst === this.#plan.bursts.length;
  }

  get opened(): boolean {
    return this.#opened;
  }

  get damage(): WalDamagedError | undefined {
    return this.#damage;
  }

  stopped(powerLost: boolean): void {
    const promisedLsn = this.#interval?.promisedLsn() ?? 0;
    if (!this.#cacheLost) this.#oracle.durable(promisedLsn);
    this.#cacheLost ||= powerLost;
    this.#oracle.history.loseOpen("CRASHED");
  }

  readonly program: Program = async (env, self) => {
    this.#opened = false;
    this.#ended = false;
    const wal = await this.#open(env);
    if (wal === undefined) return;
    self.inspect = () => wal.inspect();
    if (!(await this.#recovered(wal))) return;
    while (!this.done && !this.#ended) await this.#serve({ env, self, wal }, this.#plan.bursts[this.#burst]!);
    await this.#close(self, wal);
  };

  async #open(env: Env): Promise<Wal | undefined> {
    try {
      return await Wal.open(env, this.#plan.wal);
    } catch (error) {
      if (error instanceof WalDamagedError) {
        this.#damage = error;
        return undefined;
      }
      const code = error instanceof WalError || isDiskError(error) ? error.code : "";
      if (!OPEN_AGAIN_LATER.has(code) && !isDiskError(error)) throw error;
      this.#run.count("opensFailed");
      if (code !== "WAL_NO_SPACE") this.#cacheLost = true;
      return undefined;
    }
  }

  async #recovered(wal: Wal): Promise<boolean> {
    let records: RecoveredRecord[];
    try {
      records = await allRecords(wal);
    } catch (error) {
      if (!(error instanceof WalDamagedError)) throw error;
      this.#damage = error;
      return false;
    }
    if (this.#breaks(this.#oracle.recovered(records, wal.lastLsn, !this.#cacheLost))) return false;
    this.#run.count("recoveries");
    this.#run.count("recordsRecovered", records.length);
    this.#cacheLost = false;
    this.#opened = true;
    return true;
  }

  async #serve(life: Life, burst: Burst): Promise<void> {
    if (this.#next.length === 0) this.#next = burst.appends.map(() => 0);
    await Promise.all(burst.appends.map((appends, client) => this.#client(life, client, appends)));
    if (this.#ended) return;
    if (!this.#maintained) {
      this.#maintained = true;
      await this.#maintain(life, burst.after);
    }
    if (burst.restUs > 0) await life.env.clock.sleep(burst.restUs);
    this.#burst++;
    this.#next = [];
    this.#maintained = false;
  }

  async #client(life: Life, client: number, appends: readonly PlannedAppend[]): Promise<void> {
    for (;;) {
      const append = appends[this.#next[client]!];
      if (append === undefined || this.#ended) return;
      // Tried once: what becomes of it, only the oracle knows.
      this.#next[client]!++;
      if (append.thinkUs > 0) await life.env.clock.sleep(append.thinkUs);
      await this.#append(life, client, append);
      if (append.look !== undefined && !this.#ended) await this.#look(life, append.look);
    }
  }

  async #append({ env, self, wal }: Life, client: number, append: PlannedAppend): Promise<void> {
    self.enter();
    const payloads = append.records.map(({ key, sizeBytes }) => makePayload(key, sizeBytes));
    const operations = this.#oracle.sent(client, payloads);
    this.#run.count("appends");
    try {
      const firstLsn =
        payloads.length === 1 ? await wal.append(payloads[0]!) : (await wal.appendBatch(payloads)).firstLsn;
      // An answer of a dead process never reaches anybody: this throws where it is one.
      self.enter();
      this.#acknowledge(operations, firstLsn);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      self.enter();
      for (const operation of operations) this.#oracle[error.outcome](operation, error.code);
      if (error.code === "WAL_NO_SPACE") await env.clock.sleep(RETRY_AFTER_NO_SPACE_US);
      else this.#ended = true;
    }
  }

  #acknowledge(operations: readonly Append[], firstLsn: number): void {
    this.#run.count("acknowledged", operations.length);
    this.#interval?.acknowledged(firstLsn + operations.length - 1);
    operations.forEach((operation, i) => {
      this.#breaks(this.#oracle.acknowledged(operation, firstLsn + i, this.#durableAck));
    });
  }

  async #maintain({ self, wal }: Life, maintenance: Maintenance): Promise<void> {
    self.enter();
    try {
      await this.#maintainOrThrow(wal, maintenance);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      self.enter();
      if (error instanceof WalDamagedError) this.#damage = error;
      if (maintenance.kind === "truncate-suffix" && error.outcome === "failed") this.#oracle.cutRefused();
      if (error.code !== "WAL_NO_SPACE") this.#ended = true;
    }
  }

  async #maintainOrThrow(wal: Wal, maintenance: Maintenance): Promise<void> {
    switch (maintenance.kind) {
      case "none":
        return;
      case "sync":
        this.#oracle.durable(await wal.sync());
        return;
      case "truncate-suffix": {
        const lsn = Math.max(wal.lastLsn - maintenance.cutCount, wal.firstLsn - 1);
        this.#oracle.cutBegins(lsn);
        await wal.truncateSuffix(lsn);
        this.#oracle.cutDone();
        this.#run.count("suffixesCut");
        return;
      }
      case "truncate-prefix": {
        const lsn = Math.max(wal.lastLsn + 1 - maintenance.keepCount, 1);
        this.#oracle.prefixDropped(lsn);
        await wal.truncatePrefix(lsn);
        // The log's end must never come back from before its beginning.
        this.#oracle.durable(lsn - 1);
        this.#run.count("prefixesDropped");
      }
    }
  }

  /** Reads beside those who write: whatever is served was sent, and stands where it belongs. */
  async #look({ self, wal }: Life, look: NonNullable<PlannedAppend["look"]>): Promise<void> {
    const count = wal.lastLsn - wal.firstLsn + 1;
    if (count === 0) return;
    let lsn = wal.firstLsn + Math.trunc((count * look.permille) / 1_000);
    try {
      if (look.kind === "read") this.#served(self, lsn, await wal.read(lsn));
      else
        for await (const { records } of wal.scan(lsn))
          for (const bytes of records) this.#served(self, lsn++, bytes);
      this.#run.count("reads");
    } catch (error) {
      if (!(error instanceof WalError) && !isDiskError(error)) throw error;
      self.enter();
      // After a failed sync the cache may drop what was not durable.
      if (error instanceof WalDamagedError && !this.#cacheLost) this.#damage = error;
      this.#ended = true;
    }
  }

  #served(self: Incarnation, lsn: number, bytes: Uint8Array): void {
    self.enter();
    this.#breaks(this.#oracle.served({ lsn, bytes }));
  }

  /** A failed sync is no reason to stop here: closing is the last thing the process does. */
  async #close(self: Incarnation, wal: Wal): Promise<void> {
    try {
      await wal.close();
      self.enter();
      // Under every policy: what a closed log holds is durable.
      this.#oracle.durable(wal.lastLsn);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
    }
  }

  #observed(event: Observation): void {
    const walEvent = event as WalEvent;
    if (walEvent.kind === "wal/persisted") this.#oracle.durable(walEvent.lsn);
    else if (walEvent.kind === "wal/truncated-suffix") this.#interval?.cut(walEvent.lsn);
    else if (walEvent.kind === "wal/read-only") this.#readOnly(walEvent.code);
  }

  /** Only a device that failed is a reason to stop: with a full one the log goes on when space returns. */
  #readOnly(code: string): void {
    this.#cacheLost = true;
    const counts = this.#run.world.faults.ledger.counts();
    if (DEVICE_FAILURES.some((kind) => (counts.get(kind)?.injected ?? 0) > 0)) return;
    this.#run.world.fail(
      `${this.#prefix}/read-only-without-cause`,
      `the log turned read-only with ${code}, but no device failed`,
    );
  }

  #breaks(broken: Broken | undefined): boolean {
    if (broken === undefined) return false;
    this.#run.world.fail(`${this.#prefix}/${broken.rule}`, broken.message);
    this.#run.tellViolation({ operations: broken.operations, linearized: [], state: "" });
    return true;
  }
}
