import type { Env, Timer } from "../../env/index.js";
import type { MetadataCommand, MetadataImage } from "../metadata/index.js";
import type { BrokerId } from "../types.js";
import type { ControllerMark } from "./marks.js";
import type { ControllerSettings } from "./options.js";
import { LeaderRecovery } from "./recovery.js";
import { passOverRefusal } from "./refusals.js";
import { preferredElections } from "./requests.js";
import { Sessions } from "./sessions.js";

/** How often in a session the active controller looks who is silent. */
const LOOKS_A_SESSION = 8;

/** What it needs of its controller. */
export interface UpkeepHost {
  image(): MetadataImage;
  /** See `Leadership`. */
  require(): Promise<void>;
  execute(command: MetadataCommand): Promise<unknown>;
}

/**
 * What the active controller does unasked: fences who is silent, hands back to preferred leaders, and has somebody lead
 * again where nobody may any more.
 */
export class Upkeep {
  readonly #env: Env;
  readonly #settings: ControllerSettings;
  readonly #host: UpkeepHost;
  readonly #sessions: Sessions;
  readonly #recovery: LeaderRecovery;
  readonly #intervalUs: number;
  #timer: Timer | undefined;
  #nextPreferredUs = 0;
  #isLooking = false;

  /** Begins at once; whether the controller is active, it asks each time. */
  constructor(env: Env, settings: ControllerSettings, host: UpkeepHost) {
    this.#env = env;
    this.#settings = settings;
    this.#host = host;
    this.#sessions = new Sessions(settings.sessionTimeoutUs);
    this.#recovery = new LeaderRecovery(env, host);
    this.#intervalUs = Math.floor(settings.sessionTimeoutUs / LOOKS_A_SESSION);
    this.#schedule();
  }

  /** The controller has become the active one. */
  begin(): void {
    const nowUs = this.#env.clock.nowUs();
    this.#sessions.beginAll(this.#host.image(), nowUs);
    this.#nextPreferredUs = nowUs + this.#settings.preferredLeaderIntervalUs;
  }

  heard(broker: BrokerId): void {
    this.#sessions.heard(broker, this.#env.clock.nowUs());
  }

  end(): void {
    this.#timer?.cancel();
    this.#recovery.end();
  }

  #schedule(): void {
    const dueUs = this.#env.clock.nowUs() + this.#intervalUs;
    this.#timer = this.#env.clock.setTimer(this.#intervalUs, () => {
      this.#schedule();
      if (!this.#isLooking) void this.#look(this.#env.clock.nowUs() - dueUs);
      // Beside it: it waits for brokers, and those who are silent are to be fenced in time all the same.
      void this.#recovery.round();
    });
  }

  async #look(lateUs: number): Promise<void> {
    this.#isLooking = true;
    try {
      await this.#host.require();
      const nowUs = this.#env.clock.nowUs();
      // Who was deaf itself can't tell who was silent.
      if (lateUs > this.#intervalUs) {
        this.#reached("controller/was-deaf");
        this.#sessions.beginAll(this.#host.image(), nowUs);
      }
      const commands = [...this.#fences(nowUs), ...this.#elections(nowUs)];
      await Promise.all(commands.map((command) => this.#host.execute(command)));
    } catch (error) {
      passOverRefusal(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #fences(nowUs: number): MetadataCommand[] {
    const silent = this.#sessions.expired(this.#host.image(), nowUs);
    if (silent.length > 0) this.#reached("controller/session-expired");
    return silent.map(({ id, epoch }) => ({ kind: "fence", broker: id, epoch }));
  }

  #elections(nowUs: number): MetadataCommand[] {
    const { preferredLeaderIntervalUs, preferredLeadersAtOnce } = this.#settings;
    if (preferredLeaderIntervalUs === 0 || nowUs < this.#nextPreferredUs) return [];
    this.#nextPreferredUs = nowUs + preferredLeaderIntervalUs;
    const elections = preferredElections(this.#host.image(), preferredLeadersAtOnce);
    if (elections.length > 0) this.#reached("controller/preferred-elected");
    return elections;
  }

  #reached(mark: ControllerMark): void {
    this.#env.reached(mark);
  }
}
