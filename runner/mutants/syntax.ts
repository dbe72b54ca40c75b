/** The syntax tree of a built file, with only what mutation operators need to know of it. */
import type { Parser } from "acorn";

/** A node: `type`, `start`, `end`, and whatever its type has. */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Acorn is needed for development only, so it is loaded only here, by whoever asks for mechanical mutants. */
export async function loadParser(): Promise<(text: string) => Syntax> {
  const acorn = (await import("acorn")) as { readonly Parser: typeof Parser };
  return (text) =>
    acorn.Parser.parse(text, { ecmaVersion: "latest", sourceType: "module" }) as unknown as Syntax;
}

/** Visits a node and all below it, parents first, in the order of the text; `false` keeps out what is below. */
export function walk(node: Syntax, visit: (node: Syntax, ancestors: readonly Syntax[]) => boolean): void {
  const ancestors: Syntax[] = [];
  const enter = (at: Syntax): void => {
    if (!visit(at, ancestors)) return;
    ancestors.push(at);
    for (const child of childrenOf(at)) enter(child);
    ancestors.pop();
  };
  enter(node);
}

export function childrenOf(node: Syntax): Syntax[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isSyntax)
    .toSorted((a, b) => a.start - b.start);
}

export function isSyntax(value: unknown): value is Syntax {
  return (
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
  );
}

/** What a call calls, without the object: `sync` of `this.#file.sync()`. Empty where it has no name. */
export function calleeName(call: Syntax): string {
  let callee = call["callee"];
  if (isSyntax(callee) && callee.type === "ChainExpression") callee = callee["expression"];
  if (!isSyntax(callee)) return "";
  const named = callee.type === "MemberExpression" ? callee["property"] : callee;
  if (!isSyntax(named)) return "";
  return typeof named["name"] === "string" ? named["name"] : "";
}

/** The function around a node, as people would say it: `Log.makeRoom`, `planLive`; `module` outside of any. */
export function placeOf(ancestors: readonly Syntax[]): string {
  const names: string[] = [];
  for (const node of ancestors) {
    const named =
      node.type === "MethodDefinition" || node.type === "PropertyDefinition" ? node["key"] : node["id"];
    const holdsName = /^(Function|Class|Method|Property)/.test(node.type) && !/^Property$/.test(node.type);
    if (holdsName && isSyntax(named) && typeof named["name"] === "string") names.push(named["name"]);
  }
  return names.length === 0 ? "module" : names.join(".");
}
