/** Tables whose rows can be gone through with the arrow keys and chosen, and sorted by their columns. */
import { h } from "./dom.js";
import { cut } from "./words.js";

export interface Column<Row> {
  readonly name: string;
  readonly text: (row: Row) => string;
  /** What to sort by, where that is not the text. */
  readonly order?: (row: Row) => number;
  /** Left out where there is little room. */
  readonly isNarrow?: boolean;
  /** Whether its texts may be of any length: they are cut, and broken anywhere. */
  readonly isLong?: boolean;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly onChoose: (row: Row) => void;
  readonly isSortable?: boolean;
  /** A class of its own for rows that stand out; their text says so too. */
  readonly rowClass?: (row: Row) => string;
}

export const ROWS_MAX = 400;
/** On paper there is nothing to scroll. */
const ROWS_PRINTED = 4_000;
/** Of a name, and of what may be long. */
const CELL_CHARS = 40;
const LONG_CELL_CHARS = 300;

export class Table<Row> {
  readonly element: HTMLElement;
  readonly #options: TableOptions<Row>;
  readonly #body: HTMLTableSectionElement = h("tbody");
  readonly #note: HTMLElement = h("p", { class: "hint" });
  readonly #headers: readonly HTMLTableCellElement[];
  #rows: readonly Row[] = [];
  #chosen: Row | undefined;
  #sorted: { readonly column: number; readonly isDown: boolean } | undefined;

  constructor(options: TableOptions<Row>) {
    this.#options = options;
    this.#headers = options.columns.map((column, i) => this.#header(column, i));
    const head = h("thead", {}, h("tr", {}, ...this.#headers));
    // A grid, since its rows can be chosen.
    const table = h("table", { role: "grid" }, h("caption", {}, options.caption), head, this.#body);
    this.element = h("div", { class: "table" }, h("div", { class: "scroll" }, table), this.#note);
    this.#body.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("beforeprint", () => this.#fill(ROWS_PRINTED));
    addEventListener("afterprint", () => this.#fill());
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#fill();
  }

  #fill(most = ROWS_MAX): void {
    const rows = this.#inOrder().slice(0, most);
    const hadFocus = this.#body.contains(document.activeElement);
    this.#body.replaceChildren(...rows.map((row, i) => this.#row(row, i)));
    const rest = this.#rows.length - rows.length;
    const none = this.#rows.length === 0 ? "None." : "";
    this.#note.textContent =
      rest > 0 ? `The first ${rows.length} of ${this.#rows.length}. Filter or zoom to see others.` : none;
    if (hadFocus) this.#focus(0);
  }

  #inOrder(): readonly Row[] {
    if (this.#sorted === undefined) return this.#rows;
    const { column, isDown } = this.#sorted;
    const { text, order } = this.#options.columns[column]!;
    const sign = isDown ? -1 : 1;
    return this.#rows.toSorted((a, b) => {
      if (order !== undefined) return sign * (order(a) - order(b));
      const [left, right] = [text(a), text(b)];
      return left === right ? 0 : left < right ? -sign : sign;
    });
  }

  #header({ name, isNarrow }: Column<Row>, i: number): HTMLTableCellElement {
    const attributes = { scope: "col", class: isNarrow === true ? "narrow" : undefined };
    if (this.#options.isSortable !== true) return h("th", attributes, name);
    const button = h("button", { type: "button", onclick: () => this.#sortBy(i) }, name);
    return h("th", { ...attributes, "aria-sort": "none" }, button);
  }

  #sortBy(column: number): void {
    const isDown = this.#sorted?.column === column && !this.#sorted.isDown;
    this.#sorted = { column, isDown };
    this.#headers.forEach((header, i) => {
      header.setAttribute("aria-sort", i === column ? (isDown ? "descending" : "ascending") : "none");
    });
    this.#fill();
  }

  #row(row: Row, i: number): HTMLTableRowElement {
    const { columns, onChoose, rowClass } = this.#options;
    const cells = columns.map(({ text, isNarrow, isLong }) => {
      const classes = [isNarrow === true ? "narrow" : "", isLong === true ? "long" : ""].filter(Boolean);
      return h(
        "td",
        { class: classes.join(" ") || undefined },
        cut(text(row), isLong === true ? LONG_CELL_CHARS : CELL_CHARS),
      );
    });
    const attributes = {
      tabindex: i === 0 ? 0 : -1,
      class: rowClass?.(row) || undefined,
      "aria-selected": String(row === this.#chosen),
    };
    const element = h("tr", attributes, ...cells);
    element.addEventListener("click", () => {
      this.#chosen = row;
      for (const each of this.#body.rows) each.setAttribute("aria-selected", String(each === element));
      this.#focus(i);
      onChoose(row);
    });
    return element;
  }

  #onKey(event: KeyboardEvent): void {
    const rows = [...this.#body.rows];
    const at = rows.findIndex((row) => row === document.activeElement);
    if (at === -1) return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) this.#focus(Math.min(Math.max(to, 0), rows.length - 1));
    else if (event.key === "Enter" || event.key === " ") rows[at]!.click();
    else return;
    event.preventDefault();
  }

  /** One row at a time takes part in the order of the Tab key. */
  #focus(index: number): void {
    [...this.#body.rows].forEach((row, i) => row.setAttribute("tabindex", i === index ? "0" : "-1"));
    this.#body.rows[index]?.focus();
  }
}
