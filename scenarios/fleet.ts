/** Machines whose process is started again whenever it ends: what clusters of servers are made of. */
import { AssertionFailed, SeedstormError, assert } from "#engines/env/index.js";
import { eventKind } from "#sim/events.js";
import { HONEST_PROFILE } from "#sim/disk/index.js";
import type { MetadataProfile } from "#sim/disk/profile.js";
import type { Incarnation, Node, Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";

/** The program version that every server runs in the end, and the one that some begin with. */
export const NEW_VERSION = 2;
export const OLD_VERSION = 1;

/** A server that is down comes back within milliseconds (a supervisor), a second (a reboot), or later. */
const RESTARTS_MAX_US = [20_000, 20_000, 200_000, 1_000_000, 3_000_000];
const OPEN_AGAIN_MAX_US = 600_000;
const RESTART_SOON_US = 20_000;

/** Somebody outside has a process do something. */
export const ORDER: ReturnType<typeof eventKind> = eventKind("scenario/order");

/** A server that is up, with what it holds recovered. */
export interface Alive {
  readonly self: Incarnation;
}

export class Server<Life extends Alive> {
  readonly node: Node;
  version: number;
  life: Life | undefined;
  /** The machine comes back at once the next time that it goes down. */
  comesBackAtOnce = false;
  /** Kept down until released. */
  isHeld = false;
  /** Resolves when a server that is held may come back. */
  released: Promise<void> = Promise.resolve();
  release: () => void = () => {};

  constructor(node: Node, version: number) {
    this.node = node;
    this.version = version;
  }

  get name(): string {
    return this.node.name;
  }
}

export interface FleetOptions<Life extends Alive> {
  readonly names: readonly string[];
  readonly metadata: MetadataProfile;
  /** Mean time between runs of the disks' write-back; as `HONEST_PROFILE` has it unless given. */
  readonly writeBackMeanUs?: number;
  /** Servers that run the older program until a restart brings the newer one. */
  readonly oldVersions: ReadonlySet<string>;
  /** What runs on a server; it sets `life` once that is recovered. */
  readonly program: (server: Server<Life>) => Program;
}

export class Fleet<Life extends Alive> {
  readonly servers: readonly Server<Life>[];
  readonly #run: Run;
  readonly #program: (server: Server<Life>) => Program;
  #inPeace = false;

  constructor(run: Run, { names, metadata, writeBackMeanUs, oldVersions, program }: FleetOptions<Life>) {
    this.#run = run;
    this.#program = program;
    const backgroundMeanUs = writeBackMeanUs ?? HONEST_PROFILE.backgroundMeanUs;
    const profile = { ...HONEST_PROFILE, metadata, backgroundMeanUs };
    this.servers = names.map((name) => {
      const node = run.world.addNode(name, profile);
      return new Server<Life>(node, oldVersions.has(name) ? OLD_VERSION : NEW_VERSION);
    });
  }

  server(name: string): Server<Life> {
    const found = this.servers.find((server) => server.name === name);
    assert(found !== undefined, "the server belongs to the cluster");
    return found;
  }

  /** Boots every server, again and again. */
  start(): void {
    for (const server of this.servers) void this.#keepRunning(server);
  }

  /** Lets something happen in the server's process, in an event of its own. No effect where it is down. */
  order(server: Server<Life>, act: (life: Life) => void): void {
    const { world } = this.#run;
    world.scheduleFor(server.node, world.nowUs, ORDER, server.node.hash, (receiver) => {
      const { life } = server;
      if (life !== undefined && life.self === receiver) act(life);
    });
  }

  /** Cuts the machine's power for a moment. */
  cutPower(server: Server<Life>): void {
    server.comesBackAtOnce = true;
    this.#run.world.powerLoss(server.node);
  }

  /** Kills the server, which comes back at once. */
  restart(server: Server<Life>): void {
    server.comesBackAtOnce = true;
    this.#run.world.crash(server.node);
  }

  /** Kills the server and keeps it down until `makePeace`. */
  hold(server: Server<Life>): void {
    server.isHeld = true;
    server.released = new Promise((resolve) => (server.release = resolve));
    this.#run.world.crash(server.node);
  }

  /** All servers come back, and soon after whatever ends them from now on. */
  makePeace(): void {
    this.#inPeace = true;
    for (const server of this.servers) {
      server.isHeld = false;
      server.release();
    }
  }

  async #keepRunning(server: Server<Life>): Promise<void> {
    const { world } = this.#run;
    const stream = world.streams.get(`restarts/${server.name}`);
    const program = this.#program(server);
    for (let boot = 1; ; boot++) {
      this.#run.count("boots");
      const exit = await world.boot(server.node, program, { version: server.version }).exited;
      const hasOpened = server.life !== undefined;
      if (exit !== "done" && !hasOpened) world.reached("scenario/killed-in-recovery");
      server.life = undefined;
      const idle = world.faults.strike("power-loss", server.node, boot, 0, 1, () => "while no process runs");
      if (idle !== undefined) world.powerLoss(server.node, idle);
      await world.sleep(stream.below(this.#restartMaxUs(server, stream, hasOpened)));
      while (server.isHeld) await server.released;
      if (server.version === OLD_VERSION && stream.below(2) === 0) {
        server.version = NEW_VERSION;
        world.reached("scenario/upgraded");
      }
    }
  }

  /** A disk on which nothing opens, full or unreadable, is not tried again at once. */
  #restartMaxUs(server: Server<Life>, stream: Stream, hasOpened: boolean): number {
    const drawnUs = stream.pick(RESTARTS_MAX_US);
    const isSoon = this.#inPeace || server.comesBackAtOnce;
    server.comesBackAtOnce = false;
    if (!hasOpened) return OPEN_AGAIN_MAX_US;
    return isSoon ? RESTART_SOON_US : drawnUs;
  }
}

/** A failed assertion, or an error that the code does not know, is a finding wherever it surfaces. */
export function throwIfMistake(error: unknown): void {
  if (!(error instanceof SeedstormError) || error instanceof AssertionFailed) throw error;
}

/** Does something to both directions of each link between one machine and others, of which it may be one itself. */
export function eachLink(
  name: string,
  others: readonly string[],
  act: (from: string, to: string) => void,
): void {
  for (const other of others) {
    if (other === name) continue;
    act(name, other);
    act(other, name);
  }
}
