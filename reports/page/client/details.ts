/** The panel of the selection: what it is, what caused it, what it caused, and what the node was then. */
import type { FaultData, OperationData, PageData } from "../shared/model.js";
import { eventTitle, messageTitle, operationTitle, titleOf } from "./describe.js";
import { h } from "./dom.js";
import type { Message, RunEvent } from "./run.js";
import type { Scene, Thing } from "./scene.js";
import { trackAt, type TrackItem } from "./tracks.js";
import { tree } from "./tree.js";
import { clockTime, cut, duration } from "./words.js";

const CAUSED_SHOWN = 12;

type Fact = readonly [name: string, value: string | Node];

export class Details {
  readonly #scene: Scene;
  readonly #panel: HTMLElement;

  constructor(scene: Scene, panel: HTMLElement) {
    this.#scene = scene;
    this.#panel = panel;
  }

  connect(): void {
    this.#scene.onChange((change) => change === "selection" && this.#show());
    this.#show();
  }

  #show(): void {
    const { selection, run } = this.#scene;
    if (selection === undefined) {
      this.#panel.replaceChildren(
        h("p", { class: "hint" }, "Select an event, a message, an operation or a fault."),
      );
      return;
    }
    this.#panel.replaceChildren(h("h3", {}, titleOf(run, selection)), ...this.#body(selection));
    this.#panel.scrollTop = 0;
  }

  #body(thing: Thing): Node[] {
    switch (thing.type) {
      case "event":
        return this.#event(thing.event);
      case "message":
        return this.#message(thing.message);
      case "operation":
        return this.#operation(thing.operation);
      case "fault":
        return this.#fault(thing.fault);
      case "track":
        return this.#track(thing.item);
      case "partition":
      default: {
        const { partition } = thing;
        const until = `${partition.isEndKnown ? "" : "about "}${clockTime(partition.untilUs)}`;
        const fault = this.#scene.run.faults[partition.fault];
        return [
          facts(["from", clockTime(partition.fromUs)], ["until", until]),
          ...(fault === undefined ? [] : this.#fault(fault)),
        ];
      }
    }
  }

  #event(event: RunEvent): Node[] {
    const { run } = this.#scene;
    const { arrival } = event;
    const cause = run.event(event.cause);
    const process =
      event.lane === -1 ? "the world" : `${run.laneName(event.lane)}, life ${event.incarnation}`;
    const findings = run.findings.filter(({ eventId }) => eventId === event.id);
    return [
      ...findings.map(({ invariant, message }) =>
        h("p", { class: "broke" }, h("b", {}, `✗ ${invariant}`), ` ${cut(message, 600)}`),
      ),
      facts(
        ["time", clockTime(event.timeUs)],
        ["event", `${event.id} ${event.kind}${event.sizeBytes === 0 ? "" : `, ${event.sizeBytes} B`}`],
        ["process", process],
        [
          "cause",
          cause === undefined
            ? event.cause === 0
              ? "none"
              : `event ${event.cause}, not on this page`
            : this.#link(cause),
        ],
      ),
      ...section(
        "The scenario",
        event.notes.map((note) => h("li", {}, note)),
      ),
      ...section(
        "Told",
        event.told.map(({ kind, told }) =>
          h("li", {}, told === "" ? kind : `${told} `, told === "" ? "" : h("small", {}, kind)),
        ),
      ),
      ...(arrival === undefined ? [] : this.#payload(arrival)),
      ...section(
        "Did",
        event.effects.map(({ kind, detail }) => h("li", {}, `${kind} ${detail}`)),
      ),
      ...section(
        "Sent",
        event.sent.map((message) => h("li", {}, this.#messageLink(message))),
      ),
      ...section(
        "Faults planned in it",
        event.faults.map((fault) => h("li", {}, this.#faultLink(fault))),
      ),
      ...this.#caused(event),
      ...this.#state(event),
    ];
  }

  #caused({ causes, sent }: RunEvent): Node[] {
    const arrivals = new Set(sent.map(({ endedIn }) => endedIn));
    const others = causes.filter(({ id }) => !arrivals.has(id));
    const shown = others.slice(0, CAUSED_SHOWN).map((event) => h("li", {}, this.#link(event)));
    if (others.length > shown.length) shown.push(h("li", {}, `and ${others.length - shown.length} more`));
    return section("Caused", shown);
  }

  /** The node after the event, with what the event may have changed. */
  #state(event: RunEvent): Node[] {
    const { run } = this.#scene;
    if (event.lane === -1) return [];
    const status = run.statusAt(event.lane, event.timeUs);
    const [now, before] = run.stateAt(event);
    const name = run.laneName(event.lane);
    const title = h("h4", {}, `State of ${name}${status === "" ? "" : `: ${status}`}`);
    if (now === undefined) {
      if (run.hasStates(event.lane)) return [title, h("p", { class: "hint" }, "not known yet in this life")];
      return status === "" ? [] : [title];
    }
    const isHere = now.eventId === event.id;
    const since = isHere ? "changed in this event" : `as since ${clockTime(now.timeUs)}`;
    const life = `life ${event.incarnation}, ${since}`;
    return [title, h("p", { class: "hint" }, life), tree(now.value, isHere ? before?.value : now.value)];
  }

  #message(message: Message): Node[] {
    const { run } = this.#scene;
    const [sent, ended] = [run.event(message.sentIn), run.event(message.endedIn)];
    const fates = {
      arrived: "arrived",
      lost: `lost to ${message.why}`,
      nobody: "no process ran where it arrived",
    };
    const isLater = message.endedIn !== message.sentIn;
    const none = "not on this page";
    return [
      facts(
        ["sent", clockTime(message.sentUs)],
        [
          message.fate === "lost" ? "lost" : "arrived",
          `${clockTime(message.endedUs)}, ${duration(message.endedUs - message.sentUs)} on the way`,
        ],
        ["fate", fates[message.fate]],
        ["sent in", sent === undefined ? none : this.#link(sent)],
        ...(isLater ? [["ended in", ended === undefined ? none : this.#link(ended)] as Fact] : []),
      ),
      ...this.#payload(message),
      ...(ended === undefined || message.fate !== "arrived" ? [] : this.#state(ended)),
    ];
  }

  #payload(message: Message): Node[] {
    const struckBy = message.faults.map((fault) => h("li", {}, this.#faultLink(fault)));
    return [
      h("h4", {}, `Message: ${message.label}`),
      tree(message.payload),
      ...section("Struck by", struckBy),
    ];
  }

  #operation(operation: OperationData): Node[] {
    const { run } = this.#scene;
    const { violation } = run.data;
    const order = run.orders.get(operation.id);
    const [begun, ended] = [run.event(operation.invoked.eventId), run.event(operation.ended?.eventId ?? -1)];
    const wrong = run.wrong.has(operation.id) ? wrongWords(violation) : undefined;
    const list: Fact[] = [
      ["asked", operation.asked],
      ["answered", operation.answered || "nothing"],
      ["outcome", operation.outcome],
      ["from", clockTime(operation.invoked.timeUs)],
      ["until", operation.ended === undefined ? "never answered" : clockTime(operation.ended.timeUs)],
    ];
    if (operation.key !== "") list.push(["key", operation.key]);
    if (order !== undefined)
      list.push(["order", `${order} of ${violation!.skipped + violation!.linearized.length}`]);
    if (begun !== undefined) list.push(["begun in", this.#link(begun)]);
    if (ended !== undefined) list.push(["ended in", this.#link(ended)]);
    return [
      ...(wrong === undefined ? [] : [h("p", { class: "broke" }, wrong)]),
      facts(...list),
      ...section("At the same time", this.#concurrent(operation)),
    ];
  }

  #concurrent(operation: OperationData): Node[] {
    const until = ({ ended }: OperationData): number => ended?.timeUs ?? Infinity;
    return this.#scene.run.operations
      .filter((other) => other !== operation && other.key === operation.key)
      .filter((other) => other.invoked.timeUs <= until(operation) && until(other) >= operation.invoked.timeUs)
      .slice(0, CAUSED_SHOWN)
      .map((other) =>
        h("li", {}, this.#jump(operationTitle(other), { type: "operation", operation: other })),
      );
  }

  #fault(fault: FaultData): Node[] {
    const { run } = this.#scene;
    const event = run.event(fault.eventId);
    const struck = run.messages.filter(({ faults }) => faults.includes(fault));
    return [
      facts(
        ["fault", h("code", {}, fault.id)],
        ["time", clockTime(fault.timeUs)],
        ["target", fault.target],
        ["state", fault.state],
        ["planned in", event === undefined ? `event ${fault.eventId}, not on this page` : this.#link(event)],
      ),
      ...section(
        "Messages that it struck",
        struck.slice(0, CAUSED_SHOWN).map((each) => h("li", {}, this.#messageLink(each))),
      ),
    ];
  }

  #track(item: TrackItem): Node[] {
    const { run } = this.#scene;
    const { track, kind, fromUs, untilUs } = item;
    const event = run.event(item.eventId);
    const list: Fact[] = [[kind === "mark" ? "time" : "from", clockTime(fromUs)]];
    if (kind !== "mark") list.push(["until", clockTime(untilUs)]);
    list.push(["event", event === undefined ? "not on this page" : this.#link(event)]);
    const others = run.tracks
      .filter(({ group }) => group === track.group)
      .map((each) => [each.name, trackAt(each, fromUs)] as const)
      .filter(([, words]) => words !== "")
      .map(([name, words]) => h("li", {}, h("b", {}, name), ` ${words}`));
    return [facts(...list), ...section(`${track.group} at ${clockTime(fromUs)}`, others)];
  }

  #link(event: RunEvent): Node {
    return this.#jump(`${eventTitle(this.#scene.run, event)}, ${clockTime(event.timeUs)}`, {
      type: "event",
      event,
    });
  }

  #messageLink(message: Message): Node {
    return this.#jump(messageTitle(this.#scene.run, message), { type: "message", message });
  }

  #faultLink(fault: FaultData): Node {
    return this.#jump(`${fault.id}: ${fault.state}`, { type: "fault", fault });
  }

  #jump(text: string, thing: Thing): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.#scene.jumpTo(thing) }, text);
  }
}

function wrongWords(violation: PageData["violation"]): string {
  if (violation === undefined || violation.linearized.length === 0) return "✗ This can't be right.";
  return `✗ No order explains this answer. The longest that explains others leaves ${cut(violation.state, 300)}.`;
}

function facts(...list: readonly Fact[]): HTMLElement {
  return h("dl", {}, ...list.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function section(title: string, items: readonly Node[]): Node[] {
  return items.length === 0 ? [] : [h("h4", {}, title), h("ul", {}, ...items)];
}
