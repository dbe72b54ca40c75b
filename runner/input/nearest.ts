/** The name that a misspelt one most likely meant. */

/** Levenshtein's edit distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** What to do about an unknown name: the nearest one where it is near, else all of them. */
export function suggest(found: string, names: readonly string[]): string {
  const tolerated = Math.max(2, Math.floor(found.length / 2));
  let nearest: string | undefined;
  let least = tolerated + 1;
  for (const name of names) {
    const distance = editDistance(found, name);
    // Of words as short as `--acks 2` the nearest may have nothing of what was meant.
    if (distance < least && distance < found.length) [nearest, least] = [name, distance];
  }
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return names.length === 0 ? "there are none" : `choose one of ${names.join(", ")}`;
}
