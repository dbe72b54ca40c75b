/**
 * Why the answers can't be right: the end of the longest order that explains answers, and what fits nowhere, one row
 * a client. Only the order of begins and ends counts here, so they stand in even steps.
 */
import type { OperationData } from "../shared/model.js";
import { operationTitle, summaryOf } from "./describe.js";
import { h } from "./dom.js";
import { lastEffectUs, linearizedOperations, middlePoints } from "./points.js";
import type { Scene } from "./scene.js";
import { cut } from "./words.js";

/** What was right for long says little about what went wrong at last. */
const SHOWN = 6;
const STATE_CHARS = 300;
const TITLE_CHARS = 300;
/** Room for a word or two. */
const STEP_PX = 64;

export function addProof(scene: Scene, parent: HTMLElement): void {
  const { run } = scene;
  const { violation } = run.data;
  const all = linearizedOperations(run.data);
  // Other promises than of an order are broken by single answers.
  parent.hidden = all.length === 0;
  if (violation === undefined || all.length === 0) return;
  const right = all.slice(-SHOWN);
  const wrong = run.operations.filter(({ id }) => run.wrong.has(id) && !right.some((each) => each.id === id));
  const shown = [...right, ...wrong];
  const steps = stepsOf(shown, run.data.endUs);
  const points = middlePoints(right, steps.bounds);
  const share = (step: number): string => `${(100 * step) / steps.count}%`;
  const bar = (operation: OperationData): HTMLElement => {
    const [first, last] = steps.bounds(operation);
    const order = run.orders.get(operation.id) ?? 0;
    const isWrong = run.wrong.has(operation.id);
    const button = h(
      "button",
      {
        type: "button",
        class: isWrong ? "bar wrong" : "bar",
        title: cut(summaryOf(run, { type: "operation", operation }), TITLE_CHARS),
        "aria-label": `${order === 0 ? "fits nowhere" : `${order} in the order`}: ${cut(operationTitle(operation), TITLE_CHARS)}`,
        onclick: () => scene.jumpTo({ type: "operation", operation }),
      },
      h("span", {}, cut(`${isWrong ? "✗ " : ""}${wordsIn(operation)}`, TITLE_CHARS)),
    );
    button.style.left = share(first);
    button.style.width = share(last - first);
    return button;
  };
  const point = (operation: OperationData): HTMLElement => {
    const mark = h("i", { class: "point", "aria-hidden": "true" }, `◆${run.orders.get(operation.id)}`);
    mark.style.left = share(points.get(operation.id)!);
    return mark;
  };
  const rows = [...new Set(shown.map(({ client }) => client))].toSorted().map((client) => {
    const its = shown.filter((operation) => operation.client === client);
    const marks = its.filter(({ id }) => points.has(id)).map(point);
    return h(
      "div",
      { class: "row" },
      h("b", { title: client }, client),
      h("div", { class: "bars" }, ...its.map(bar), ...marks),
    );
  });
  const chart = h("div", { class: "chart" }, ...rows);
  chart.style.minWidth = `${steps.count * STEP_PX}px`;
  const scroll = h("div", { class: "scroll" }, chart);
  parent.replaceChildren(
    h("h2", {}, "Why no order explains the answers"),
    h("p", {}, wordsOf(violation.skipped + all.length, right.length, cut(violation.state, STATE_CHARS))),
    scroll,
  );
  scroll.scrollLeft = scroll.scrollWidth;
}

function wordsIn({ asked, answered, outcome }: OperationData): string {
  return `${cut(asked, TITLE_CHARS / 3)} → ${cut(answered || outcome, TITLE_CHARS / 3)}`;
}

function wordsOf(count: number, shown: number, state: string): string {
  const which = count > shown ? `, of which the last ${shown} are here` : "";
  return `◆ gives the longest order that explains answers (${count}${which}). It leaves ${state}. After that, ✗ fits nowhere.`;
}

interface Steps {
  readonly count: number;
  readonly bounds: (operation: OperationData) => readonly [number, number];
}

function stepsOf(operations: readonly OperationData[], endUs: number): Steps {
  const last = (operation: OperationData): number => lastEffectUs(operation, endUs);
  const times = operations.flatMap((operation) => [operation.invoked.timeUs, last(operation)]);
  const moments = [...new Set(times)].toSorted((a, b) => a - b);
  const step = new Map(moments.map((timeUs, i) => [timeUs, i]));
  return {
    count: Math.max(1, moments.length - 1),
    bounds: (operation) => [step.get(operation.invoked.timeUs)!, step.get(last(operation))!],
  };
}
