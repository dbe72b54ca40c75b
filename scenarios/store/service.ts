/**
 * The process under test: opens the store, tells the oracle what it holds, and serves its clients. It stands for a
 * program with an embedded database; the clients are threads of it and die with it.
 */
import { isDiskError, type Env, type Observation } from "#engines/env/index.js";
import { StoreDamagedError, StoreError, type KeyValueStore } from "#engines/store/index.js";
import type { WalEvent } from "#engines/wal/index.js";
import type { StoreBroken, StoreEntry, StoreOperation, StoreOracle } from "#sim/check/index.js";
import type { Incarnation, Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { Service } from "../wal/harness.js";
import { IntervalPromise } from "../wal/interval-promise.js";
import { makePayload } from "../wal/payload.js";
import type { StoreEngine } from "./engine.js";
import { allEntries } from "./all-entries.js";
import { Causes } from "./causes.js";
import { keyOf } from "./keys.js";
import { clientsOf } from "./narration.js";
import type { Plan, PlannedChange, PlannedOperation, PlannedTask } from "./plan.js";
import { get, presentSequence, read, scanAll, type Reading } from "./reads.js";

/** What a store that can't be opened for the moment says. Anything else is a finding. */
const OPEN_AGAIN_LATER: ReadonlySet<string> = new Set(["STORE_NO_SPACE", "STORE_IO_FAILED"]);
const RETRY_AFTER_NO_SPACE_US = 1_000_000;
/** Each is a read from the disk or three: with more of them, there would be little else in a run. */
const KEYS_LOOKED_AT = 8;

/** One incarnation and the store that it has open. */
interface Life {
  readonly env: Env;
  readonly self: Incarnation;
  readonly store: KeyValueStore;
  readonly reading: Reading;
}

export interface StoreServiceOptions {
  readonly plan: Plan;
  readonly engine: StoreEngine;
  readonly oracle: StoreOracle;
  /** Begins the names of the findings, as in `lsm/acknowledged-lost`. */
  readonly prefix: string;
  /** The disk may lie: reads may be refused as damaged, and `verify` may have something to say. */
  readonly mayLie: boolean;
}

export class StoreService implements Service {
  readonly #run: Run;
  readonly #options: StoreServiceOptions;
  readonly #oracle: StoreOracle;
  readonly #keys: readonly Uint8Array[];
  /** Whether an acknowledgement promises to survive a power loss. */
  readonly #isDurableAck: boolean;
  readonly #interval: IntervalPromise | undefined;
  readonly #causes: Causes;
  /** Next operation of each client. */
  readonly #next: number[];
  /** The machine lost power, or a sync of the log failed, since the store was last seen open. */
  #cacheLost = false;
  /** The store is read-only; this incarnation has to end. */
  #ended = false;
  #opened = false;
  #damage: Error | undefined;
  #statesGivenUp = 0;

  constructor(run: Run, options: StoreServiceOptions) {
    const { plan, engine, oracle, prefix, mayLie } = options;
    this.#run = run;
    this.#options = options;
    this.#oracle = oracle;
    this.#keys = Array.from({ length: plan.keys.count }, (_, index) => keyOf(plan.keys.shape, index));
    this.#isDurableAck = engine.policy.kind === "each" || engine.policy.kind === "group";
    this.#causes = new Causes(run.world, prefix, mayLie);
    this.#next = plan.operations.map(() => 0);
    if (engine.policy.kind === "interval")
      this.#interval = new IntervalPromise(run.world, engine.policy.intervalUs);
    run.tellClients(clientsOf(oracle, this.#keys, plan.operations.length));
    run.world.listen((_from, event) => this.#observed(event));
  }

  get done(): boolean {
    return this.#next.every((next, client) => next >= this.#options.plan.operations[client]!.length);
  }

  get opened(): boolean {
    return this.#opened;
  }

  get damage(): Error | undefined {
    return this.#damage;
  }

  stopped(powerLost: boolean): void {
    const promised = this.#interval?.promisedLsn() ?? 0;
    if (!this.#cacheLost) this.#oracle.durable(promised);
    this.#cacheLost ||= powerLost;
    this.#breaks(this.#oracle.stopped());
  }

  readonly program: Program = async (env, self) => {
    this.#opened = false;
    this.#ended = false;
    this.#causes.begin();
    const store = await this.#open(env);
    if (store === undefined) return;
    self.inspect = () => store.inspect();
    const life = { env, self, store, reading: this.#readingOf(env, self, store) };
    if (!(await this.#recovered(life))) return;
    await Promise.all(this.#options.plan.operations.map((mine, client) => this.#client(life, client, mine)));
    // What can be read of a store that is read-only is right too.
    if (this.#ended) await this.#look(life, this.#keys.length);
    await this.#close(life);
  };

  /** The client that looks at all of the store, beside those of the plan. */
  get #looker(): number {
    return this.#next.length;
  }

  async #open(env: Env): Promise<KeyValueStore | undefined> {
    try {
      return await this.#options.engine.open(env);
    } catch (error) {
      if (error instanceof StoreDamagedError) {
        this.#damage = error;
        return undefined;
      }
      const isExpected =
        isDiskError(error) || (error instanceof StoreError && OPEN_AGAIN_LATER.has(error.code));
      if (!isExpected) throw error;
      this.#run.count("opensFailed");
      if (error.code !== "STORE_NO_SPACE") this.#cacheLost = true;
      return undefined;
    }
  }

  #readingOf(env: Env, self: Incarnation, store: KeyValueStore): Reading {
    return {
      store,
      oracle: this.#oracle,
      isShownDurable: this.#isDurableAck,
      tooManyEntries: this.#keys.length + 1,
      keyOf: (index) => this.#keys[index % this.#keys.length]!,
      statesGivenUp: () => this.#statesGivenUp,
      enter: () => self.enter(),
      sleep: (durationUs) => env.clock.sleep(durationUs),
      broken: (broken) => void this.#breaks(broken),
      refused: (operation, error) => this.#readRefused(operation, error),
      count: (figure, by) => this.#run.count(figure, by),
    };
  }

  async #recovered(life: Life): Promise<boolean> {
    const { self, store } = life;
    const snapshot = store.snapshot();
    const { sequence } = snapshot;
    snapshot.close();
    let entries: StoreEntry[];
    try {
      entries = await allEntries(store, this.#keys.length + 1);
    } catch (error) {
      self.enter();
      if (!(error instanceof StoreError)) throw error;
      // A device that fails for the moment: the next boot looks again.
      if (error instanceof StoreDamagedError) this.#damage = error;
      else this.#causes.check(error);
      return false;
    }
    self.enter();
    if (this.#breaks(this.#oracle.recovered(entries, sequence, !this.#cacheLost))) return false;
    this.#run.count("recoveries");
    this.#cacheLost = false;
    this.#opened = true;
    await this.#verify(life);
    await this.#look(life, KEYS_LOOKED_AT);
    return true;
  }

  /** By all ways that there are to read; at so many keys alone, from one of the keys on. */
  async #look({ reading }: Life, count: number): Promise<void> {
    reading.enter();
    const view = { client: this.#looker, sequence: presentSequence(reading), snapshot: undefined };
    await scanAll(reading, view, true);
    for (let i = 0; i < count; i++) await get(reading, view, reading.keyOf(view.sequence + i));
  }

  async #client(life: Life, client: number, operations: readonly PlannedOperation[]): Promise<void> {
    for (;;) {
      const operation = operations[this.#next[client]!];
      if (operation === undefined || this.#ended) return;
      // Tried once: what becomes of it, only the oracle knows.
      this.#next[client]!++;
      if (operation.thinkUs > 0) await life.env.clock.sleep(operation.thinkUs);
      life.self.enter();
      this.#run.count("operations");
      await this.#do(life, client, operation.task);
    }
  }

  async #do(life: Life, client: number, task: PlannedTask): Promise<void> {
    switch (task.kind) {
      case "write":
        return this.#write(life, client, task.changes, task.isBatch);
      case "get":
      case "scan":
        return read(life.reading, client, task);
      case "snapshot":
        return this.#snapshot(life, client, task.reads);
      case "flush":
        return this.#flush(life);
      case "verify":
        return this.#verify(life);
    }
  }

  async #write(
    { env, self, store }: Life,
    client: number,
    planned: readonly PlannedChange[],
    isBatch: boolean,
  ): Promise<void> {
    const changes = planned.map(({ key, value, sizeBytes }) => ({
      key: this.#keys[key % this.#keys.length]!,
      value: value === -1 ? undefined : makePayload(value, sizeBytes),
    }));
    const operation = this.#oracle.sent(client, changes);
    this.#run.count("writes");
    try {
      const [{ key, value }] = changes as [(typeof changes)[0]];
      let answer: Promise<number>;
      if (isBatch || changes.length > 1) answer = store.write(changes.map(toOperation));
      else answer = value === undefined ? store.delete(key) : store.put(key, value);
      const sequence = await answer;
      // An answer of a dead process never reaches anybody: this throws where it is one.
      self.enter();
      this.#run.count("acknowledged");
      this.#interval?.acknowledged(sequence);
      this.#breaks(this.#oracle.acknowledged(operation, sequence, this.#isDurableAck));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      self.enter();
      this.#oracle[error.outcome](operation, error.code);
      if (error.code === "STORE_NO_SPACE") await env.clock.sleep(RETRY_AFTER_NO_SPACE_US);
      else this.#endWith(error);
    }
  }

  async #snapshot(
    { env, store, reading }: Life,
    client: number,
    reads: Extract<PlannedTask, { kind: "snapshot" }>["reads"],
  ): Promise<void> {
    const snapshot = store.snapshot();
    reading.broken(this.#oracle.shown(snapshot.sequence, this.#isDurableAck));
    this.#run.count("snapshots");
    for (const { restUs, read: planned } of reads) {
      if (restUs > 0) await env.clock.sleep(restUs);
      if (this.#ended) break;
      await read(reading, client, planned, snapshot);
    }
    snapshot.close();
  }

  async #flush({ env, self, store }: Life): Promise<void> {
    const promised = this.#oracle.newestSequence;
    try {
      await store.flush();
      self.enter();
      this.#oracle.durable(promised);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      self.enter();
      if (error.code === "STORE_NO_SPACE") await env.clock.sleep(RETRY_AFTER_NO_SPACE_US);
      else this.#endWith(error);
    }
  }

  async #verify({ self, store }: Life): Promise<void> {
    const { mayLie, prefix } = this.#options;
    try {
      const { problems } = await store.verify();
      self.enter();
      this.#run.count("verified");
      if (mayLie) this.#run.count("problemsFound", problems.length);
      else if (problems.length > 0 && !this.#causes.hasSyncFailed) {
        const { rule, where, message } = problems[0]!;
        this.#run.world.fail(`${prefix}/verify`, `${rule} at ${where}: ${message}`);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      self.enter();
      if (!this.#isGivenUp(error)) this.#causes.check(error);
    }
  }

  /** A failure to close is no reason to stop: it is the last thing that the process does. */
  async #close({ self, store }: Life): Promise<void> {
    const promised = this.#oracle.newestSequence;
    try {
      await store.close();
      self.enter();
      // Under every policy: what a closed store holds is durable.
      this.#oracle.durable(promised);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #readRefused(operation: StoreOperation, error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    this.#oracle.unanswered(operation, error.code);
    this.#run.count("readsRefused");
    if (this.#isGivenUp(error)) return;
    this.#causes.check(error);
    // On a disk that lies there may be more to read elsewhere; else the store is no good any more.
    if (!this.#options.mayLie) this.#ended = true;
  }

  /** The state that was looked at was given up on purpose. */
  #isGivenUp(error: StoreError): boolean {
    if (error.code !== "STORE_SNAPSHOT_GONE" || this.#options.engine.givesUpStateAt === undefined)
      return false;
    this.#run.count("statesGivenUp");
    return true;
  }

  /** The store refuses writes from now on. */
  #endWith(error: StoreError): void {
    this.#ended = true;
    this.#causes.check(error);
  }

  #observed(event: Observation): void {
    const { engine } = this.#options;
    if (event.kind === engine.givesUpStateAt) this.#statesGivenUp++;
    const figure = engine.figureOf(event);
    if (figure !== undefined) this.#run.count(figure);
    const walEvent = event as WalEvent;
    if (walEvent.kind === "wal/persisted") this.#oracle.durable(walEvent.lsn);
    else if (walEvent.kind === "wal/read-only") this.#cacheLost = true;
  }

  #breaks(broken: StoreBroken | undefined): boolean {
    if (broken === undefined) return false;
    this.#run.world.fail(`${this.#options.prefix}/${broken.rule}`, broken.message);
    this.#run.tellViolation({ operations: broken.operations, linearized: [], state: "" });
    return true;
  }
}

function toOperation({
  key,
  value,
}: {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}): Parameters<KeyValueStore["write"]>[0][number] {
  return value === undefined ? { type: "delete", key } : { type: "put", key, value };
}
