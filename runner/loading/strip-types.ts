/**
 * TypeScript to JavaScript by blanking the types out, with the parser that Node itself bundles for this
 * (`@swc/wasm-typescript`, by way of amaro). What is left stands where it stood, so stack traces are true
 * without source maps. What has a meaning at run time (enums, namespaces, parameter properties) is refused.
 */
import { createRequire } from "node:module";
import { shownPath } from "./shown-path.js";

type Transform = typeof import("@swc/wasm-typescript").transformSync;

let transform: Transform | undefined;

/** A module whose types can't be blanked out. Its fields are plain: it crosses from one thread to another. */
export class TypeScriptProblem extends Error {
  override readonly name: string = "TypeScriptProblem";
  readonly code: string = "ERR_SEEDSTORM_TYPESCRIPT";
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  readonly todo: string;

  constructor(where: string, expected: string, found: string, todo: string) {
    super(`${where}: ${found}`);
    this.where = where;
    this.expected = expected;
    this.found = found;
    this.todo = todo;
  }
}

/** The fields of a `TypeScriptProblem`, which has lost its class where it comes from another thread. */
export function typeScriptProblem(error: unknown): TypeScriptProblem | undefined {
  const problem = error as TypeScriptProblem | null | undefined;
  return problem?.code === "ERR_SEEDSTORM_TYPESCRIPT" ? problem : undefined;
}

/** The JavaScript of an ES module in TypeScript. Throws `TypeScriptProblem`. */
export function stripTypes(source: string, path: string): string {
  // Not imported above: it is 3.6 MB, and most scenarios have no use for it.
  transform ??= (createRequire(import.meta.url)("@swc/wasm-typescript") as { transformSync: Transform })
    .transformSync;
  try {
    return transform(source, { mode: "strip-only", module: true, filename: path }).code;
  } catch (error) {
    throw problemOf(error, path);
  }
}

/** What the parser throws: an object of its own, no `Error`. */
interface Diagnostic {
  readonly code: string;
  readonly message: string;
  /** From 1. */
  readonly startLine: number;
  /** From 0. */
  readonly startColumn: number;
}

function problemOf(thrown: unknown, path: string): TypeScriptProblem {
  const { code, message, startLine, startColumn } = thrown as Partial<Diagnostic>;
  const place = startLine === undefined ? "" : `:${startLine}:${(startColumn ?? 0) + 1}`;
  const where = `${shownPath(path)}${place}`;
  if (code !== "UnsupportedSyntax") {
    return new TypeScriptProblem(where, "TypeScript that parses", message ?? String(thrown), "correct it");
  }
  const what = /^TypeScript (.+) is not supported/.exec(message ?? "")?.[1];
  return new TypeScriptProblem(
    where,
    "TypeScript whose types can be erased",
    what === undefined ? (message ?? code) : `a TypeScript ${what}`,
    'write it without (the compiler option "erasableSyntaxOnly" finds them all)',
  );
}
