/**
 * Loads the user's modules.
 *
 * What lives here: hooks of Node's module loader for TypeScript and for the name `seedstorm`.
 *
 * What it promises: a module loads the same on every version of Node: by one transform, though later versions
 * have one of their own, so that what they refuse and how they say so does not differ. What it does not: check
 * types, read a tsconfig.json, or know JSX.
 */
import * as nodeModule from "node:module";
import { builtModule } from "../built-module.js";
import { loadSync, resolveSync } from "./hooks.js";

export { shownPath } from "./shown-path.js";
export { moduleUnderWay, underWayAs } from "./under-way.js";
export { typeScriptProblem, type TypeScriptProblem } from "./strip-types.js";

type Hooks = { readonly resolve: typeof resolveSync; readonly load: typeof loadSync };

let installed = false;

/** Installs the hooks in this thread; each thread and each process has its own. */
export function installModuleHooks(): void {
  if (installed) return;
  installed = true;
  // `register` is deprecated where there is `registerHooks`, and warns.
  const { registerHooks } = nodeModule as { readonly registerHooks?: (hooks: Hooks) => unknown };
  if (registerHooks === undefined) nodeModule.register(builtModule("loading/hooks-thread"));
  else registerHooks({ resolve: resolveSync, load: loadSync });
}
