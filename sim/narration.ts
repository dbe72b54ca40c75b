/** What a run tells of itself to people, for stories, replays and pages. Nothing here changes a run. */
import type { Observation } from "#engines/env/index.js";
import type { History, Operation } from "./check/history.js";
import type { TrackPen, TrackWatch } from "./tracks.js";

/** A scenario's words for what its engines observe. */
export interface Narration {
  /** What the node just did or found, without its name: `became leader of term 3`. Undefined: not worth telling. */
  tell?(event: Observation): string | undefined;
  /** What the node is from now on: `leader, term 3`. Undefined: no change. The first word groups and colours. */
  status?(event: Observation): string | undefined;
  /** A readable form of the value of a message, or of what a node says of itself: plain data. Undefined: as it is. */
  decode?(value: unknown): unknown;
  /**
   * What the page shows over time beside the nodes. Called once for each run that a page is asked for, and only then:
   * what it gives is told of each observation and draws with `pen`, then and there.
   */
  tracks?(pen: TrackPen): TrackWatch;
}

/** The clients of a run and what they asked for. */
export interface ClientsTold<Input = unknown, Output = unknown> {
  readonly history: History<Input, Output>;
  /** The name of the client with this number in the history. */
  name(client: number): string;
  describe(operation: Operation<Input, Output>): OperationTold;
}

export interface OperationTold {
  /** `put k1 = v3` */
  readonly asked: string;
  /** `ok`, `v2`, `absent`; why it failed or is unknown; empty while open. */
  readonly answered: string;
  /** What operations are told apart by, where there is such a thing. */
  readonly key?: string;
}

/** Why the history of the clients is not what was promised. */
export interface Violation {
  /** Ids of the operations that can't be right. */
  readonly operations: readonly number[];
  /** Ids of operations in an order that explains all answers, as far as one gets. */
  readonly linearized: readonly number[];
  /** The state after those, in words. */
  readonly state: string;
}
