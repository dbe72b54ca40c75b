/**
 * The process under test: a key-value state machine over a log, which takes a snapshot every so often and then
 * gives up the log's prefix. After each boot its state is compared with a model that has applied every command.
 */
import { isDiskError, type Env, type Observation } from "#engines/env/index.js";
import { SnapshotDamagedError, SnapshotError, SnapshotStore } from "#engines/snapshot/index.js";
import { Wal, WalDamagedError, WalError, type WalEvent } from "#engines/wal/index.js";
import type { Broken, LogOracle } from "#sim/check/index.js";
import type { Incarnation, Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { allRecords } from "../wal/all-records.js";
import type { Service } from "../wal/harness.js";
import { writersOf } from "../wal/narration.js";
import { makePayload } from "../wal/payload.js";
import type { Plan, PlannedAppend } from "../wal/plan.js";
import { KeyValueMachine } from "./machine.js";

const RETRY_AFTER_NO_SPACE_US = 100_000;

/** One incarnation and what it has open. */
interface Life {
  readonly env: Env;
  readonly self: Incarnation;
  readonly wal: Wal;
  readonly store: SnapshotStore;
  readonly machine: KeyValueMachine;
  appliedLsn: number;
  /** Acknowledged, but not yet their turn. */
  readonly waiting: Map<number, Uint8Array>;
  isSaving: boolean;
  /** The log is read-only, or the store failed: this incarnation has to end. */
  ended: boolean;
}

export class WalSnapshotService implements Service {
  readonly #run: Run;
  readonly #plan: Plan;
  readonly #oracle: LogOracle;
  readonly #snapshotEvery: number;
  /** The command at each LSN, as acknowledged or as found by a recovery. */
  readonly #commands: Map<number, Uint8Array> = new Map();
  /** Next append of each client. */
  readonly #next: number[];
  readonly #appends: readonly (readonly PlannedAppend[])[];
  #cacheLost = false;
  #opened = false;
  #damage: Error | undefined;

  constructor(run: Run, plan: Plan, oracle: LogOracle) {
    this.#run = run;
    this.#plan = plan;
    this.#oracle = oracle;
    this.#snapshotEvery = Math.max(1, run.planned("snapshotEvery", run.workload.between(8, 80)));
    const clients = plan.bursts[0]?.appends.length ?? 0;
    this.#appends = Array.from({ length: clients }, (_, client) =>
      plan.bursts.flatMap((burst) => burst.appends[client]!),
    );
    this.#next = this.#appends.map(() => 0);
    run.tellClients(writersOf(oracle));
    run.world.listen((_from, event) => this.#observed(event));
  }

  get done(): boolean {
    return this.#appends.every((appends, client) => this.#next[client]! >= appends.length);
  }

  get opened(): boolean {
    return this.#opened;
  }

  get damage(): Error | undefined {
    return this.#damage;
  }

  stopped(powerLost: boolean): void {
    this.#cacheLost ||= powerLost;
    this.#oracle.history.loseOpen("CRASHED");
  }

  readonly program: Program = async (env, self) => {
    this.#opened = false;
    const life = await this.#open(env, self);
    if (life === undefined) return;
    self.inspect = () => ({ wal: life.wal.inspect(), snapshots: life.store.inspect() });
    await Promise.all(this.#appends.map((appends, client) => this.#client(life, client, appends)));
    await closeQuietly(life.wal);
  };

  async #open(env: Env, self: Incarnation): Promise<Life | undefined> {
    try {
      const store = await SnapshotStore.open(env, { directory: "snapshots" });
      const wal = await Wal.open(env, this.#plan.wal);
      return await this.#recover(env, self, wal, store);
    } catch (error) {
      if (error instanceof WalDamagedError || error instanceof SnapshotDamagedError) {
        this.#damage = error;
        return undefined;
      }
      if (!(error instanceof WalError || error instanceof SnapshotError || isDiskError(error))) throw error;
      this.#run.count("opensFailed");
      this.#cacheLost = true;
      return undefined;
    }
  }

  async #recover(env: Env, self: Incarnation, wal: Wal, store: SnapshotStore): Promise<Life | undefined> {
    const machine = new KeyValueMachine();
    const snapshotLsn = store.latest()?.lsn ?? 0;
    if (snapshotLsn > 0) for await (const chunk of store.load()) machine.restore(chunk);
    if (wal.firstLsn > snapshotLsn + 1) {
      this.#run.world.fail(
        "wal-snapshot/gap",
        `the snapshot ends at LSN ${snapshotLsn}, the log begins at ${wal.firstLsn}`,
      );
      return undefined;
    }
    const records = await allRecords(wal);
    if (this.#breaks(this.#oracle.recovered(records, wal.lastLsn, !this.#cacheLost))) return undefined;
    for (const { lsn, bytes } of records) {
      this.#commands.set(lsn, bytes);
      if (lsn > snapshotLsn) machine.apply(bytes);
    }
    if (!this.#checkState(machine, wal.lastLsn)) return undefined;
    this.#run.count("recoveries");
    if (snapshotLsn > 0) this.#run.count("recoveriesFromSnapshot");
    this.#cacheLost = false;
    this.#opened = true;
    const appliedLsn = wal.lastLsn;
    return { env, self, wal, store, machine, appliedLsn, waiting: new Map(), isSaving: false, ended: false };
  }

  #checkState(machine: KeyValueMachine, lastLsn: number): boolean {
    const model = new KeyValueMachine();
    for (let lsn = 1; lsn <= lastLsn; lsn++) {
      const command = this.#commands.get(lsn);
      if (command === undefined) {
        this.#run.world.fail(
          "wal-snapshot/unknown-command",
          `nothing was known of LSN ${lsn}, yet a snapshot covers it`,
        );
        return false;
      }
      model.apply(command);
    }
    const difference = machine.difference(model);
    if (difference !== undefined)
      this.#run.world.fail("wal-snapshot/state", `at LSN ${lastLsn} ${difference}`);
    return difference === undefined;
  }

  async #client(life: Life, client: number, appends: readonly PlannedAppend[]): Promise<void> {
    for (;;) {
      const append = appends[this.#next[client]!];
      if (append === undefined || life.ended) return;
      this.#next[client]!++;
      if (append.thinkUs > 0) await life.env.clock.sleep(append.thinkUs);
      life.self.enter();
      await this.#append(life, client, append);
    }
  }

  async #append(life: Life, client: number, append: PlannedAppend): Promise<void> {
    const payloads = append.records.map(({ key, sizeBytes }) => makePayload(key, sizeBytes));
    const operations = this.#oracle.sent(client, payloads);
    this.#run.count("appends");
    try {
      const { firstLsn } = await life.wal.appendBatch(payloads);
      life.self.enter();
      operations.forEach((operation, i) => {
        this.#breaks(this.#oracle.acknowledged(operation, firstLsn + i, true));
        this.#commands.set(firstLsn + i, payloads[i]!);
        life.waiting.set(firstLsn + i, payloads[i]!);
      });
      this.#run.count("acknowledged", operations.length);
      this.#apply(life);
      await this.#maybeSnapshot(life);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      life.self.enter();
      for (const operation of operations) this.#oracle[error.outcome](operation, error.code);
      if (error.code === "WAL_NO_SPACE") await life.env.clock.sleep(RETRY_AFTER_NO_SPACE_US);
      else life.ended = true;
    }
  }

  #apply(life: Life): void {
    for (;;) {
      const command = life.waiting.get(life.appliedLsn + 1);
      if (command === undefined) return;
      life.waiting.delete(++life.appliedLsn);
      life.machine.apply(command);
    }
  }

  async #maybeSnapshot(life: Life): Promise<void> {
    const { store, wal, appliedLsn } = life;
    if (life.isSaving || life.ended || appliedLsn < (store.latest()?.lsn ?? 0) + this.#snapshotEvery) return;
    life.isSaving = true;
    try {
      await store.save(appliedLsn, life.machine.chunks());
      this.#run.count("snapshots");
      this.#oracle.prefixDropped(appliedLsn + 1);
      await wal.truncatePrefix(appliedLsn + 1);
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof WalError)) throw error;
      life.self.enter();
      // With no space the old snapshot and the log are as they were; anything else needs a restart to judge.
      if (error.code !== "SNAPSHOT_NO_SPACE") life.ended = true;
      if (error.code === "SNAPSHOT_IO_FAILED") this.#cacheLost = true;
    } finally {
      life.isSaving = false;
    }
  }

  #observed(event: Observation): void {
    const walEvent = event as WalEvent;
    if (walEvent.kind === "wal/persisted") this.#oracle.durable(walEvent.lsn);
    else if (walEvent.kind === "wal/read-only") this.#cacheLost = true;
  }

  #breaks(broken: Broken | undefined): boolean {
    if (broken === undefined) return false;
    this.#run.world.fail(`wal-snapshot/${broken.rule}`, broken.message);
    this.#run.tellViolation({ operations: broken.operations, linearized: [], state: "" });
    return true;
  }
}

/** A log that can't be synced any more says so again when it is closed; the next boot will tell. */
async function closeQuietly(wal: Wal): Promise<void> {
  try {
    await wal.close();
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
  }
}
