import { makeDirectory } from "../../bytes/index.js";
import { assert, type Env } from "../../env/index.js";
import { RaftNode, makeConfiguration, type RaftInspection, type Term } from "../../raft/index.js";
import { Journal } from "../../raft/journal/index.js";
import type { RpcServer } from "../../rpc/index.js";
import { BrokerError } from "../errors.js";
import type { BrokerEvent } from "../events.js";
import {
  MetadataMachine,
  decodeMetadataResult,
  encodeMetadataCommand,
  type BrokerState,
  type MetadataCommand,
  type MetadataImage,
  type MetadataResult,
} from "../metadata/index.js";
import {
  ALLOCATE_PRODUCER_IDS,
  ALTER_PARTITION,
  CREATE_TOPIC,
  ELECT_LEADER,
  FETCH_METADATA,
  HEARTBEAT,
  REASSIGN,
  REGISTER,
  type ControllerCall,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type RegisterRequest,
} from "../protocol/index.js";
import type { ControllerAnswer } from "../protocol/types.js";
import type { Offset } from "../types.js";
import { Leadership } from "./leadership.js";
import type { ControllerMark } from "./marks.js";
import { settingsOf, type ControllerOptions, type ControllerSettings } from "./options.js";
import { MetadataPolls } from "./polls.js";
import { asBrokerError, refusal, storageFailed } from "./refusals.js";
import { alterPartitionCommand, couldHandOver, createTopicCommand } from "./requests.js";
import { Upkeep } from "./upkeep.js";

type Done = Extract<MetadataResult, { readonly ok: true }>;

export interface ControllerInspection {
  /** In which it is active; undefined where it is not. */
  readonly activeTerm: Term | undefined;
  readonly metadataOffset: Offset;
  readonly digest: number;
  /** Brokers that wait for metadata. */
  readonly polls: number;
  readonly raft: RaftInspection;
}

/**
 * One controller of the cluster. It runs until `close`, or until its storage fails: `stopped` tells, and it may be
 * opened again then, on the same directory.
 */
export class Controller {
  /** Resolves once it has ended: to nothing after `close`, to STORAGE_ERROR where it could not go on (see `cause`). */
  readonly stopped: Promise<BrokerError | undefined>;
  readonly #env: Env;
  readonly #machine: MetadataMachine;
  readonly #raft: RaftNode;
  readonly #polls: MetadataPolls;
  readonly #leadership: Leadership;
  readonly #upkeep: Upkeep;

  private constructor(
    env: Env,
    settings: ControllerSettings,
    parts: { readonly machine: MetadataMachine; readonly raft: RaftNode; readonly polls: MetadataPolls },
  ) {
    this.#env = env;
    this.#machine = parts.machine;
    this.#raft = parts.raft;
    this.#polls = parts.polls;
    this.#leadership = new Leadership(env, parts.raft, () => this.#upkeep.begin());
    this.#upkeep = new Upkeep(env, settings, {
      image: () => this.image,
      require: () => this.#leadership.require(),
      execute: (command) => this.#execute(command),
    });
    this.stopped = parts.raft.stopped.then((failure) => {
      this.#end();
      return failure === undefined ? undefined : storageFailed(failure, env.node);
    });
  }

  /**
   * Recovers the controller and has it answer calls at `rpc`. Throws INVALID_REQUEST, and what Raft and its storage
   * throw, after which it can be opened again.
   */
  static async open(env: Env, rpc: RpcServer, options: ControllerOptions): Promise<Controller> {
    const settings = settingsOf(options);
    const { directory, controllers, retainedRecords } = settings;
    await makeDirectory(env.disk, directory);
    const applied = (event: BrokerEvent): void => {
      env.observe(event);
      polls.wake();
    };
    const machine = new MetadataMachine(applied, { retainedRecords });
    const polls = new MetadataPolls(env, machine);
    const raft = await RaftNode.open(env, {
      ...settings.raft,
      storage: new Journal(env, { ...settings.journal, directory: `${directory}/raft` }),
      machine,
      bootstrap: makeConfiguration(controllers),
    });
    const controller = new Controller(env, settings, { machine, raft, polls });
    controller.#answer(rpc);
    return controller;
  }

  /** What this controller has applied. */
  get image(): MetadataImage {
    return this.#machine.image;
  }

  /** Whether it is the active one, as far as it knows. */
  get isActive(): boolean {
    return this.#leadership.term !== undefined;
  }

  /** For people and checks. */
  inspect(): ControllerInspection {
    const { offset, digest } = this.#machine.image;
    const about = { activeTerm: this.#leadership.term, metadataOffset: offset, digest };
    return { ...about, polls: this.#polls.waiting, raft: this.#raft.inspect() };
  }

  /** Ends it. What is under way is answered NOT_CONTROLLER or REQUEST_TIMED_OUT. */
  async close(): Promise<void> {
    this.#end();
    await this.#raft.close();
    await this.stopped;
  }

  #answer(rpc: RpcServer): void {
    this.#serveAnyway(rpc, FETCH_METADATA, (request) => this.#polls.answer(request));
    this.#serve(rpc, REGISTER, (request) => this.#register(request));
    this.#serve(rpc, HEARTBEAT, (request) => this.#heartbeat(request));
    this.#serve(rpc, ALTER_PARTITION, async (request) => {
      const { state } = await this.#execute(alterPartitionCommand(request));
      assert(state !== undefined, "who alters a partition hears what became of it");
      return state;
    });
    this.#serve(rpc, CREATE_TOPIC, (request) => this.#value(createTopicCommand(this.image, request)));
    this.#serve(rpc, REASSIGN, (request) => this.#value({ kind: "reassign", ...request }));
    this.#serve(rpc, ELECT_LEADER, (request) => this.#value({ kind: "electLeader", ...request }));
    this.#serve(rpc, ALLOCATE_PRODUCER_IDS, (request) =>
      this.#value({ kind: "allocateProducerIds", ...request }),
    );
  }

  /** A call that only the active controller answers. */
  #serve<Request, T>(
    rpc: RpcServer,
    type: ControllerCall<Request, T>,
    handle: (request: Request) => Promise<T>,
  ): void {
    this.#serveAnyway(rpc, type, async (request) => {
      await this.#leadership.require();
      return handle(request);
    });
  }

  #serveAnyway<Request, T>(
    rpc: RpcServer,
    type: ControllerCall<Request, T>,
    handle: (request: Request) => Promise<T>,
  ): void {
    rpc.serve(type, async (request): Promise<ControllerAnswer<T>> => {
      try {
        return { ok: true, value: await handle(request) };
      } catch (error) {
        const { code, parts } = asBrokerError(error, this.#env.node);
        return { ok: false, code, found: parts.found };
      }
    });
  }

  /**
   * Every command goes through the log, also one that changes nothing: that it was in force already is for the one to
   * say who knows the latest state, and a controller that was replaced does not (KAFKA-14154).
   */
  async #execute(command: MetadataCommand): Promise<Done> {
    const result = decodeMetadataResult(await this.#raft.propose(encodeMetadataCommand(command)));
    if (!result.ok) throw refusal(result.code, result.found, command.kind);
    return result;
  }

  async #value(command: MetadataCommand): Promise<number> {
    return (await this.#execute(command)).value;
  }

  async #register(request: RegisterRequest): Promise<number> {
    const epoch = await this.#value({ kind: "register", ...request });
    this.#upkeep.heard(request.broker);
    return epoch;
  }

  async #heartbeat(request: HeartbeatRequest): Promise<HeartbeatResponse> {
    const { broker, epoch, metadataOffset, wantsShutdown } = request;
    const { isFenced, fencedAt } = this.#life(request);
    this.#upkeep.heard(broker);
    if (wantsShutdown) return this.#shutDown(request, isFenced);
    // It has seen its own registration, and with it all that was agreed on before (KIP-631); or that it was silent.
    if (isFenced && metadataOffset > fencedAt) {
      await this.#execute({ kind: "unfence", broker, epoch, metadataOffset });
    }
    return { isFenced: this.#life(request).isFenced, mayShutDown: false };
  }

  /** It goes once nobody could take over any more of what it leads. */
  async #shutDown(request: HeartbeatRequest, isFenced: boolean): Promise<HeartbeatResponse> {
    const { broker, epoch } = request;
    if (!isFenced) {
      await this.#execute({ kind: "beginShutdown", broker, epoch });
      if (couldHandOver(this.image, broker)) {
        this.#reached("controller/shutdown-waited");
        return { isFenced: false, mayShutDown: false };
      }
      await this.#execute({ kind: "fence", broker, epoch });
    }
    return { isFenced: true, mayShutDown: true };
  }

  #life({ broker, epoch }: HeartbeatRequest): BrokerState {
    const state = this.image.brokers.get(broker);
    if (state?.epoch === epoch) return state;
    throw refusal("STALE_BROKER_EPOCH", `epoch ${state?.epoch ?? "of nobody"}`, broker);
  }

  #end(): void {
    this.#upkeep.end();
    this.#polls.close();
    this.#leadership.end();
  }

  #reached(mark: ControllerMark): void {
    this.#env.reached(mark);
  }
}
