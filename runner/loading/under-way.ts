/** Which module is being loaded: it may end the process, and then it is to be named. */

let underWay: string | undefined;

/** As the user wrote it; undefined where none is being loaded at the moment. */
export function moduleUnderWay(): string | undefined {
  return underWay;
}

/** Loads one module at a time. */
export async function underWayAs<T>(reference: string, load: () => Promise<T>): Promise<T> {
  underWay = reference;
  try {
    return await load();
  } finally {
    underWay = undefined;
  }
}
