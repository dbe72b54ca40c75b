/** The hooks as `module.register` takes them. */
import type { LoadHook, ResolveHook } from "node:module";
import { isMissing, loadTypeScript, lookups } from "./hooks.js";

export const resolve: ResolveHook = async (specifier, context, next) => {
  let missing: unknown;
  for (const lookup of lookups(specifier, context)) {
    try {
      return await next(...lookup);
    } catch (error) {
      if (!isMissing(error)) throw error;
      missing ??= error;
    }
  }
  throw missing;
};

export const load: LoadHook = (url, context, next) => loadTypeScript(url) ?? next(url, context);
