import type { TrackPen } from "#sim/tracks.js";

/** A pen that writes what it draws, a line each. */
export function penOfLines(): { readonly lines: string[]; readonly pen: TrackPen } {
  const lines: string[] = [];
  const pen: TrackPen = {
    span({ name }, span) {
      const look =
        span?.colour === undefined ? "" : ` [${span.colour}${span.isFaint === true ? ", faint" : ""}]`;
      lines.push(`${name} is ${span?.text ?? "nothing"}${look}`);
    },
    level: ({ name }, line, value) => void lines.push(`${name} ${line.name} ${value ?? "none"}`),
    mark: ({ name }, text, isBad) => void lines.push(`${name} ${isBad === true ? "✗" : "▼"} ${text}`),
  };
  return { lines, pen };
}
