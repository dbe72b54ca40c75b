/** The embedded data as objects that know of each other. */
import {
  ARRIVED,
  LOST,
  type FaultData,
  type FindingData,
  type Lane,
  type LaneData,
  type OperationData,
  type PageData,
  type PartitionData,
} from "../shared/model.js";
import { apply, type Difference } from "../shared/difference.js";
import { tracksOf, type Track } from "./tracks.js";

export interface RunEvent {
  readonly index: number;
  readonly id: number;
  readonly cause: number;
  readonly timeUs: number;
  readonly lane: Lane;
  readonly incarnation: number;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly detail: string;
  readonly effects: readonly { readonly kind: string; readonly sizeBytes: number; readonly detail: string }[];
  /** The message whose arrival it is. */
  arrival: Message | undefined;
  /** Messages that were sent in it. */
  readonly sent: Message[];
  readonly told: Told[];
  /** What the scenario did in it on purpose. */
  readonly notes: string[];
  readonly faults: FaultData[];
  readonly causes: RunEvent[];
}

export interface Told {
  readonly kind: string;
  /** Empty where the scenario has no words for it. */
  readonly told: string;
}

export interface Message {
  readonly index: number;
  readonly from: Lane;
  readonly to: Lane;
  readonly type: string;
  /** Its type and, where its payload says so, which kind of it: `raft append`. */
  readonly label: string;
  /** Without the type where the payload says more. */
  readonly shortLabel: string;
  readonly sentIn: number;
  readonly sentUs: number;
  readonly endedIn: number;
  readonly endedUs: number;
  readonly fate: "arrived" | "lost" | "nobody";
  readonly why: string;
  readonly payload: unknown;
  readonly payloadText: string;
  readonly faults: readonly FaultData[];
  readonly isLate: boolean;
  readonly isCopied: boolean;
}

export interface Span {
  readonly kind: "status" | "down" | "pause";
  readonly lane: Lane;
  readonly fromUs: number;
  readonly untilUs: number;
  readonly text: string;
  readonly fault: FaultData | undefined;
}

export interface NodeState {
  readonly eventId: number;
  readonly timeUs: number;
  readonly incarnation: number;
  readonly value: unknown;
}

const LATE: ReadonlySet<string> = new Set(["message-reorder", "slow-link", "bandwidth", "link-clog"]);

export class Run {
  readonly data: PageData;
  readonly lanes: readonly LaneData[];
  readonly events: readonly RunEvent[];
  readonly messages: readonly Message[];
  readonly spans: readonly Span[];
  readonly partitions: readonly PartitionData[];
  readonly tracks: readonly Track[];
  readonly faults: readonly FaultData[];
  readonly operations: readonly OperationData[];
  readonly findings: readonly FindingData[];
  /** Operations that can't be right. */
  readonly wrong: ReadonlySet<number>;
  /** The place in the longest order that explains answers, from 1, by the operation's id. */
  readonly orders: ReadonlyMap<number, number>;
  readonly #byId: Map<number, RunEvent> = new Map();
  readonly #states: Map<Lane, NodeState[]> = new Map();

  constructor(data: PageData) {
    this.data = data;
    const { words, faults } = data;
    const word = (index: number): string => words[index] ?? "";
    this.lanes = data.lanes;
    this.faults = faults;
    this.partitions = data.partitions;
    this.tracks = tracksOf(data);
    this.operations = data.operations;
    this.findings = data.findings;
    this.wrong = new Set(data.violation?.operations);
    const { linearized = [], skipped = 0 } = data.violation ?? {};
    this.orders = new Map(linearized.map((id, i) => [id, skipped + i + 1]));
    this.events = data.events.map(
      ([id, cause, timeUs, lane, incarnation, kind, sizeBytes, detail, ...effects], index): RunEvent => ({
        index,
        id,
        cause,
        timeUs,
        lane,
        incarnation,
        kind: word(kind),
        sizeBytes,
        detail: word(detail),
        effects: effects.map(([what, size, more]) => ({
          kind: word(what),
          sizeBytes: size,
          detail: word(more),
        })),
        arrival: undefined,
        sent: [],
        told: [],
        notes: [],
        faults: [],
        causes: [],
      }),
    );
    for (const event of this.events) this.#byId.set(event.id, event);
    this.messages = data.messages.map((row, index) => messageOf(row, index, word, faults));
    this.spans = data.spans.map(([kind, lane, fromUs, untilUs, text, fault]) => ({
      kind,
      lane,
      fromUs,
      untilUs,
      text: word(text),
      fault: faults[fault],
    }));
    this.#connect(word);
    this.#foldStates();
  }

  /** Undefined where the page does not hold it. */
  event(id: number): RunEvent | undefined {
    return this.#byId.get(id);
  }

  /** What the process of this event had said of itself by its end, and what before that, in the same life. */
  stateAt({
    lane,
    incarnation,
    index,
    timeUs: limitUs,
  }: RunEvent): readonly [now: NodeState | undefined, before: NodeState | undefined] {
    const states = (this.#states.get(lane) ?? []).filter((state) => state.incarnation === incarnation);
    const last = states.findLastIndex(({ eventId, timeUs }) => {
      const event = this.#byId.get(eventId);
      return event === undefined ? timeUs < limitUs : event.index <= index;
    });
    return [states[last], states[last - 1]];
  }

  /** Whether the page holds states of this node at all. */
  hasStates(lane: Lane): boolean {
    return this.#states.has(lane);
  }

  /** The operation that can't be right, where a finding is of what was judged and not of what a node did. */
  judgedOperation({ node }: FindingData): OperationData | undefined {
    return node === "" ? this.operations.find(({ id }) => this.wrong.has(id)) : undefined;
  }

  statusAt(lane: Lane, timeUs: number): string {
    const isAt = (span: Span): boolean =>
      span.lane === lane && span.fromUs <= timeUs && span.untilUs >= timeUs;
    const at = this.spans.filter(isAt);
    // A process that starts again is not down any more.
    const isDown = ({ kind, untilUs }: Span): boolean =>
      kind === "down" && (untilUs > timeUs || untilUs === this.data.endUs);
    const worst = at.findLast(isDown) ?? at.findLast(({ kind }) => kind === "status");
    if (worst === undefined) return "";
    return worst.kind === "down" ? `down: ${worst.text}` : worst.text;
  }

  laneName(lane: Lane): string {
    return this.lanes[lane]?.name ?? "the world";
  }

  /** From the event back to what began it; the event itself comes first. */
  chainOf(event: RunEvent, limit = 60): RunEvent[] {
    const chain: RunEvent[] = [];
    for (
      let at: RunEvent | undefined = event;
      at !== undefined && chain.length < limit;
      at = this.event(at.cause)
    ) {
      chain.push(at);
    }
    return chain;
  }

  #connect(word: (index: number) => string): void {
    for (const event of this.events) this.event(event.cause)?.causes.push(event);
    for (const message of this.messages) {
      this.event(message.sentIn)?.sent.push(message);
      // What is lost as it is sent ends in the event of its sender, which may itself be the arrival of another.
      const end = message.sentIn === message.endedIn ? undefined : this.event(message.endedIn);
      if (end?.kind === "network/deliver") end.arrival = message;
    }
    for (const [eventId, lane, kind, told] of this.data.told) {
      const event = this.event(eventId);
      // What was noted before the first event has none of its own.
      if (lane === -1) (eventId === 0 ? this.events[0] : event)?.notes.push(word(told));
      else event?.told.push({ kind: word(kind), told: word(told) });
    }
    for (const fault of this.faults) this.event(fault.eventId)?.faults.push(fault);
  }

  #foldStates(): void {
    for (const [eventId, timeUs, lane, incarnation, change] of this.data.states) {
      const states = this.#states.get(lane) ?? [];
      this.#states.set(lane, states);
      states.push({ eventId, timeUs, incarnation, value: apply(states.at(-1)?.value, change as Difference) });
    }
  }
}

function messageOf(
  row: PageData["messages"][number],
  index: number,
  word: (index: number) => string,
  all: readonly FaultData[],
): Message {
  const [from, to, typeWord, sentIn, sentUs, endedIn, endedUs, fate, why, payload, ...struckBy] = row;
  const faults = struckBy.map((fault) => all[fault]!);
  const type = word(typeWord);
  const payloadText = word(payload);
  const value: unknown = payloadText === "" ? undefined : JSON.parse(payloadText);
  const kind = kindOf(type, value);
  return {
    index,
    from,
    to,
    type,
    label: kind === undefined ? type : `${type} ${kind}`,
    shortLabel: kind ?? type,
    sentIn,
    sentUs,
    endedIn,
    endedUs,
    fate: fate === ARRIVED ? "arrived" : fate === LOST ? "lost" : "nobody",
    why: word(why),
    payload: value,
    payloadText,
    faults,
    isLate: faults.some((fault) => LATE.has(fault.kind)),
    isCopied: faults.some((fault) => fault.kind === "message-duplicate"),
  };
}

/** What kind of its type a message is, where its payload has a word for it. */
function kindOf(type: string, value: unknown): string | undefined {
  const { kind, type: inner } = (value ?? {}) as { readonly kind?: unknown; readonly type?: unknown };
  const which = kind ?? inner;
  return typeof which === "string" && which.length < 24 && !type.includes(which) ? which : undefined;
}
