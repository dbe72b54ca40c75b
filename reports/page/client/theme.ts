/** The colours of the style sheet, for what is drawn on a canvas. */
import { COLOURS } from "../shared/colours.js";

export interface Theme {
  readonly ink: string;
  readonly muted: string;
  readonly faint: string;
  readonly paper: string;
  readonly card: string;
  readonly bad: string;
  readonly warn: string;
  readonly accent: string;
  readonly good: string;
  readonly cut: string;
  /** For statuses, by their first word. */
  readonly roles: readonly string[];
  /** For what tracks are coloured by. */
  readonly keys: readonly string[];
}

const ROLES = ["--role-1", "--role-2", "--role-3", "--role-4", "--role-5", "--role-6"];

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"),
    muted: colour("--muted"),
    faint: colour("--faint"),
    paper: colour("--paper"),
    card: colour("--card"),
    bad: colour("--bad"),
    warn: colour("--warn"),
    accent: colour("--accent"),
    good: colour("--good"),
    cut: colour("--cut"),
    roles: ROLES.map(colour),
    keys: Array.from({ length: COLOURS }, (_, i) => colour(`--key-${i + 1}`)),
  };
}

/** Statuses of the well-known protocols keep their colour in every run; others get one by their letters. */
const WELL_KNOWN: ReadonlyMap<string, number> = new Map([
  ["leader", 0],
  ["primary", 0],
  ["follower", 1],
  ["replica", 1],
  ["candidate", 2],
  ["pre-candidate", 2],
  ["learner", 3],
  ["recovering", 4],
]);

export function roleColour(theme: Theme, status: string): string {
  const word = /^[^\s,:;]+/.exec(status)?.[0] ?? "";
  let index = WELL_KNOWN.get(word);
  if (index === undefined) {
    index = 0;
    for (const char of word) index = (index * 31 + char.charCodeAt(0)) % theme.roles.length;
  }
  return theme.roles[index]!;
}
