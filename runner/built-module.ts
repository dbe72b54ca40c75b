/**
 * Where a module of this folder lies as JavaScript: beside this one in a build; in `dist/` where the sources
 * themselves run, as in tests.
 */
export function builtModule(name: string): URL {
  const inSources = import.meta.url.endsWith(".ts");
  return new URL(inSources ? `../dist/runner/${name}.js` : `./${name}.js`, import.meta.url);
}
