/** What there is to see at the place where one is. */
import type { Run } from "#sim/scenario.js";
import type { Node } from "#sim/process.js";
import { clockTime } from "#reports/format.js";
import type { Palette } from "#reports/palette.js";
import { printable } from "#reports/printable.js";
import { UsageError } from "../errors.js";
import { suggest } from "../input/nearest.js";
import type { Journey } from "./journey.js";
import { diskData, diskLines, nodeLine, nodeLines } from "./node-text.js";
import { viewNode, type NodeView } from "./node-view.js";
import { fieldOf } from "./fields.js";
import { fieldLines } from "./value-text.js";

/** Rows of a field that is asked for by its name. */
const ALL_ROWS = 10_000;
const INTERRUPTED = ["interrupted"];

export class Looks {
  readonly #journey: Journey;
  readonly #palette: Palette;
  #nodes: readonly string[] = [];

  constructor(journey: Journey, palette: Palette) {
    this.#journey = journey;
    this.#palette = palette;
  }

  /** Names of the nodes, as far as they were seen. */
  knownNodes(): readonly string[] {
    return this.#nodes;
  }

  /** A warning where a condition names a node that nobody has seen; it may come yet. */
  warningOf(node: string | undefined): string | undefined {
    if (node === undefined || this.#nodes.length === 0 || this.#nodes.includes(node)) return undefined;
    return `(there is no node ${printable(node)} so far; ${suggest(node, this.#nodes)})`;
  }

  /** Throws `UsageError` where no node here has this name. */
  async checkNode(where: string, node: string): Promise<void> {
    if (this.#nodes.includes(node)) return;
    const run = await this.#run();
    if (run !== undefined && this.#nodes.length > 0) this.#find(run, where, node);
  }

  async nodes(): Promise<string[]> {
    const run = await this.#run();
    if (run === undefined) return INTERRUPTED;
    const { nodes } = run.world;
    return nodes.length === 0
      ? ["no nodes yet"]
      : nodes.map((node) => nodeLine(this.#view(run, node), this.#palette));
  }

  /** `name`: a node, or `all`. Throws `UsageError` for an unknown one, and for a field that it has not. */
  async state(name: string, field: string | undefined): Promise<string[]> {
    const run = await this.#run();
    if (run === undefined) return INTERRUPTED;
    if (name === "all")
      return run.world.nodes.flatMap((node) => nodeLines(this.#view(run, node), this.#palette));
    const view = this.#view(run, this.#find(run, "state", name));
    if (field === undefined) return nodeLines(view, this.#palette);
    const value = fieldOf(view.state, field);
    if (value === undefined) {
      const names = typeof view.state === "object" && view.state !== null ? Object.keys(view.state) : [];
      throw new UsageError("state", `a field of what ${name} says of itself`, field, suggest(field, names));
    }
    return fieldLines(field, value, { rows: ALL_ROWS });
  }

  async stateData(name: string): Promise<NodeView[]> {
    const run = await this.#run();
    if (run === undefined) return [];
    const nodes = name === "all" ? run.world.nodes : [this.#find(run, "--state", name)];
    return nodes.map((node) => this.#view(run, node));
  }

  /** Throws `UsageError` for an unknown node or file. */
  async disk(name: string, path: string | undefined): Promise<string[]> {
    const run = await this.#run();
    if (run === undefined) return INTERRUPTED;
    const nodes = name === "all" ? run.world.nodes : [this.#find(run, "disk", name)];
    if (path !== undefined) {
      const files = nodes.flatMap(({ disk }) => disk.inspect().files.map((file) => file.path));
      if (!files.includes(path))
        throw new UsageError("disk", `a file of ${name}`, path, suggest(path, files));
    }
    return nodes.flatMap((node) => diskLines(node.name, node.disk, path, this.#palette));
  }

  async diskData(name: string): Promise<object[]> {
    const run = await this.#run();
    if (run === undefined) return [];
    const nodes = name === "all" ? run.world.nodes : [this.#find(run, "--disk", name)];
    return nodes.map((node) => diskData(node.name, node.disk));
  }

  async faults(): Promise<string[]> {
    const run = await this.#run();
    if (run === undefined) return INTERRUPTED;
    const { faults } = run.world.faults.ledger;
    const struck = faults.filter(({ state }) => state !== "refused");
    const lines = struck.map(
      ({ timeUs, id, state, target, eventId }) =>
        `${clockTime(timeUs).padStart(12)}  ${String(eventId).padEnd(7)}  ${printable(id).padEnd(36)}  ${state.padEnd(8)}  ${printable(target)}`,
    );
    const refused = faults.length - struck.length;
    if (refused > 0) lines.push(`and ${refused} that the scenario refused`);
    return lines.length === 0 ? ["no fault so far"] : lines;
  }

  async operations(): Promise<string[]> {
    const run = await this.#run();
    if (run === undefined) return INTERRUPTED;
    const { clients } = run;
    if (clients === undefined) return ["the scenario tells of no clients (so far)"];
    const open = clients.history.operations.filter(({ outcome }) => outcome === "open");
    if (open.length === 0) return ["no operation is open"];
    return open.map(
      (operation) =>
        `${printable(clients.name(operation.client)).padEnd(12)}  ${printable(clients.describe(operation).asked)}`,
    );
  }

  async #run(): Promise<Run | undefined> {
    const run = await this.#journey.run();
    if (run !== undefined) this.#nodes = run.world.nodes.map(({ name }) => name);
    return run;
  }

  #find(run: Run, where: string, name: string): Node {
    const node = run.world.node(name);
    if (node !== undefined) return node;
    throw new UsageError(where, "a node of this run", name, suggest(name, this.#nodes));
  }

  #view(run: Run, node: Node): NodeView {
    return viewNode(node, run.world.nowUs, this.#journey.status(node.name));
  }
}
