/**
 * What Node's module loader does otherwise for modules of the user. Two callers: `registerHooks` where there is
 * one (Node 22.15 and later), in the thread itself; before that `module.register`, which runs them in a thread of
 * their own, `hooks-thread.ts`.
 */
import { readFileSync } from "node:fs";
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from "node:module";
import { fileURLToPath } from "node:url";
import { stripTypes } from "./strip-types.js";

const PACKAGE = "seedstorm";
const TYPESCRIPT = /^file:.*\.m?ts(?:[?#].*)?$/;

/** What to look for, in order, until one is there. */
export type Lookup = readonly [specifier: string, context: ResolveHookContext];

/**
 * `seedstorm` is the package that runs, whatever other copy lies in the user's tree and where there is none at
 * all: two copies would not know each other's errors and types. And `./x.js` in a TypeScript module may mean
 * `./x.ts`, as it does for the compiler.
 */
export function lookups(specifier: string, context: ResolveHookContext): readonly Lookup[] {
  if (specifier === PACKAGE || specifier.startsWith(`${PACKAGE}/`)) {
    return [[specifier, { ...context, parentURL: import.meta.url }]];
  }
  const asked = [specifier, context] as const;
  const fromTypeScript = context.parentURL !== undefined && TYPESCRIPT.test(context.parentURL);
  if (!fromTypeScript || !/^(?:\.\.?\/|file:).*\.m?js$/.test(specifier)) return [asked];
  return [asked, [specifier.replace(/js$/, "ts"), context]];
}

/** Whether the lookup after this one is worth a try. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === "ERR_MODULE_NOT_FOUND";
}

export function resolveSync(
  specifier: string,
  context: ResolveHookContext,
  next: (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput,
): ResolveFnOutput {
  let missing: unknown;
  for (const lookup of lookups(specifier, context)) {
    try {
      return next(...lookup);
    } catch (error) {
      if (!isMissing(error)) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

/** The JavaScript of a TypeScript module; undefined for any other. An ES module, whatever package it lies in. */
export function loadTypeScript(url: string): LoadFnOutput | undefined {
  if (!TYPESCRIPT.test(url)) return undefined;
  const path = fileURLToPath(url);
  return { format: "module", shortCircuit: true, source: stripTypes(readFileSync(path, "utf8"), path) };
}

export function loadSync(
  url: string,
  context: LoadHookContext,
  next: (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput,
): LoadFnOutput {
  return loadTypeScript(url) ?? next(url, context);
}
