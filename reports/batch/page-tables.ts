/** Tables of the page: the figures behind its charts, for whoever reads or hears them. */
import { markup, type Content, type Markup } from "./markup.js";

/** A table behind a word, which scrolls by itself where it is wider than the screen. */
export function foldedTable(
  title: string,
  header: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  return markup`<details><summary>${title}</summary>
<div class="scroll" role="region" aria-label="${title}" tabindex="0">${table("", title, header, rows)}</div></details>
`;
}

/** The first cell of a row names it. */
export function table(
  className: string,
  caption: string,
  header: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  const head = header.map((cell) => markup`<th scope="col">${cell}</th>`);
  const body = rows.map(([name, ...cells]) => {
    const data = cells.map((cell) => markup`<td>${cell}</td>`);
    return markup`<tr><th scope="row">${name!}</th>${data}</tr>\n`;
  });
  return markup`<table class="${className}"><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table>
`;
}
