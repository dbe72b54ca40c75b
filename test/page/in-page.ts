// What tests run inside of the page: texts, since the types of browsers are not known on this side.

export const FITS = "document.documentElement.scrollWidth <= innerWidth";
export const IMAGES = "document.images.length";

/** Resolves after the next frame. */
export const DRAWN =
  "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))";

/** In how many colours a canvas is drawn. */
export function coloursOf(canvas: string): string {
  return `(() => {
  const canvas = document.querySelector("${canvas}");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count > 100).length;
})()`;
}

export interface Found {
  readonly x: number;
  readonly y: number;
  /** The first line of the tip. */
  readonly title: string;
}

/** Finds a thing in a picture as a hand would: by what the tip says. */
function find(canvas: string, tip: string, words: string): string {
  return `(() => {
  const canvas = document.querySelector("${canvas}");
  canvas.scrollIntoView({ block: "center" });
  const tip = document.querySelector("${tip}");
  const box = canvas.getBoundingClientRect();
  for (let y = 4; y < box.height; y += 6) {
    for (let x = 4; x < box.width; x += 8) {
      const at = { clientX: box.x + x, clientY: box.y + y, pointerType: "mouse", pointerId: 1 };
      canvas.dispatchEvent(new PointerEvent("pointermove", at));
      if (tip.hidden || !tip.textContent.includes(${JSON.stringify(words)})) continue;
      return { x: at.clientX, y: at.clientY, title: tip.textContent.split("\\n")[0] };
    }
  }
  return undefined;
})()`;
}

export const FIND_WRONG: string = find("#canvas", "#tip", "can't be right");
export const FIND_TRACK: string = find("#tracks", "#tracks-tip", ": write ");

export const AT_CANVAS = `document.querySelector("#canvas").scrollIntoView({ block: "center" })`;

export const AT_TRACKS = `document.querySelector("#tracks").scrollIntoView({ block: "center" })`;

/** What the tip says of the first mark above the lanes. */
export const FIND_NOTE = `(() => {
  const canvas = document.querySelector("#canvas");
  const box = canvas.getBoundingClientRect();
  const tip = document.querySelector("#tip");
  for (let x = 0; x < box.width; x += 4) {
    const at = { clientX: box.x + x, clientY: box.y + 32, pointerType: "mouse", pointerId: 1 };
    canvas.dispatchEvent(new PointerEvent("pointermove", at));
    if (!tip.hidden) return tip.textContent;
  }
  return "";
})()`;
